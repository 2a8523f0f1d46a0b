// Makes device tree blobs, good ones and, with a byte changed here and there, bad ones.
#pragma once

#include <cstring>
#include <initializer_list>
#include <span>

#include <kernel/lib/types.h>

/// 11 KB: a member of a fixture, not a variable on a kernel's stack.
class tree_builder {
public:
    /// As new.
    void clear() { std::memset(this, 0, sizeof *this); }

    // Offsets of the header's fields, to spoil them.
    enum field : u32 {
        MAGIC = 0,
        TOTAL_SIZE = 4,
        OFF_STRUCTURE = 8,
        OFF_STRINGS = 12,
        OFF_RESERVATIONS = 16,
        VERSION = 20,
        LAST_COMPATIBLE = 24,
        SIZE_STRINGS = 32,
        SIZE_STRUCTURE = 36,
    };

    void begin(const char *name)
    {
        word(1);
        bytes(name, std::strlen(name) + 1);
    }
    void end() { word(2); }
    void nop() { word(4); }
    void word(u32 value)
    {
        put(structure_ + used_, value);
        used_ += 4;
    }
    void property(const char *name, const void *value, size_t size)
    {
        word(3);
        word(static_cast<u32>(size));
        word(string(name));
        bytes(value, size);
    }
    void cells(const char *name, std::initializer_list<u32> values)
    {
        u8 value[64];
        size_t size = 0;
        for (const u32 v : values) {
            put(value + size, v);
            size += 4;
        }
        property(name, value, size);
    }
    void text(const char *name, const char *value)
    {
        property(name, value, std::strlen(value) + 1);
    }
    /// Opens the root with its counts of cells.
    void root(u32 address_cells, u32 size_cells)
    {
        begin("");
        cells("#address-cells", {address_cells});
        cells("#size-cells", {size_cells});
    }
    void memory(std::initializer_list<u32> reg)
    {
        begin("memory@0");
        text("device_type", "memory");
        cells("reg", reg);
        end();
    }
    void reserve(u64 start, u64 size)
    {
        for (const u64 number : {start, size}) {
            put(reservations_ + reserved_, static_cast<u32>(number >> 32));
            put(reservations_ + reserved_ + 4, static_cast<u32>(number));
            reserved_ += 8;
        }
    }

    /// Ends the root and the structure and puts all together. Fields can be spoiled afterwards.
    std::span<u8> blob()
    {
        end();
        return unfinished_blob();
    }
    /// The same without ending anything but the structure.
    std::span<u8> unfinished_blob()
    {
        word(9);
        return raw_blob();
    }
    /// The same without ending anything.
    std::span<u8> raw_blob()
    {
        reserve(0, 0);
        const u32 reservations_at = 40;
        const u32 structure_at = reservations_at + reserved_;
        const u32 strings_at = structure_at + used_;
        const u32 total = strings_at + strings_used_;
        set(MAGIC, 0xd00dfeed);
        set(TOTAL_SIZE, total);
        set(OFF_STRUCTURE, structure_at);
        set(OFF_STRINGS, strings_at);
        set(OFF_RESERVATIONS, reservations_at);
        set(VERSION, 17);
        set(LAST_COMPATIBLE, 16);
        set(SIZE_STRINGS, strings_used_);
        set(SIZE_STRUCTURE, used_);
        std::memcpy(blob_ + reservations_at, reservations_, reserved_);
        std::memcpy(blob_ + structure_at, structure_, used_);
        std::memcpy(blob_ + strings_at, strings_, strings_used_);
        return {blob_, total};
    }
    void set(field at, u32 value) { put(blob_ + at, value); }

private:
    static void put(u8 *to, u32 value)
    {
        for (int i = 0; i < 4; ++i)
            to[i] = static_cast<u8>(value >> (24 - 8 * i));
    }
    void bytes(const void *from, size_t size)
    {
        if (size > 0)
            std::memcpy(structure_ + used_, from, size);
        used_ += (size + 3) / 4 * 4;
    }
    u32 string(const char *name)
    {
        const u32 at = strings_used_;
        std::memcpy(strings_ + at, name, std::strlen(name) + 1);
        strings_used_ += std::strlen(name) + 1;
        return at;
    }

    u8 reservations_[256] = {};
    u8 structure_[4096] = {};
    u8 strings_[1024] = {};
    u8 blob_[6144] = {};
    u32 reserved_ = 0, used_ = 0, strings_used_ = 0;
};
