// A device tree under construction, and what the reader makes of it.
#pragma once

#include <boot/fdt.h>
#include <tests/arch/loader_events.h>
#include <tests/arch/tree_builder.h>
#include <tests/test.h>

class fdt_test : public ::testing::Test {
protected:
    /// Reads the tree once it is complete.
    const char *read() { return read(tree.blob()); }
    const char *read(std::span<const u8> blob)
    {
        read_fdt(blob, events);
        return events.text();
    }

    tree_builder tree;
    loader_events events;
};
