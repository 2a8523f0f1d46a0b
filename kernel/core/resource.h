// What stands where in the physical address space, as a tree: /proc/iomem.
//
//   60000000-9fffffff : System RAM          a child of the root
//     60100000-6017ffff : Kernel code       a child of System RAM
//
// A resource is a range with a name; its children lie inside it, side by side, sorted, without
// overlap. Nothing is allocated: whoever owns a range owns its struct resource.
// Linux: include/linux/ioport.h, kernel/resource.c.
#pragma once

#include <asm/page.h>
#include <kernel/lib/printer.h>

/// A range of physical addresses; `end` is its last byte (not one past it), as in Linux.
struct resource {
    phys_addr_t start;
    phys_addr_t end;
    const char *name;
    resource *parent = nullptr;
    resource *sibling = nullptr; // the next child of the same parent, at a higher address
    resource *child = nullptr;   // the first child
};

/// All physical addresses: the root of the tree.
extern resource iomem_resource;

/// Makes `entry` a child of `root`.
///
/// @return  0, or -EBUSY if it is not inside `root`, ends before it starts, or overlaps a
///          child; then nothing is changed
/// Context: boot, or one CPU at a time; no lock inside. Undone by release_resource().
/// Linux: request_resource().
[[nodiscard]] int request_resource(resource *root, resource *entry);

/// Puts `entry` where it belongs below `root`: inside the deepest resource that holds it, and
/// around those which it holds (they become its children).
///
/// @return  0, or -EBUSY if it would cut a resource in two, or lies outside `root`; then nothing
///          is changed
/// Context: as request_resource(). Linux: insert_resource().
[[nodiscard]] int insert_resource(resource *root, resource *entry);

/// Takes `entry`, which must have no children, out of the tree.
///
/// @return  0, or -EINVAL if it is in no tree or has children
/// Linux: release_resource().
int release_resource(resource *entry);

/// Prints everything below `root` as Linux's /proc/iomem does, two blanks a level.
void print_resources(const resource &root, const printer &out);
