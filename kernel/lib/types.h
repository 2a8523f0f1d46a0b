// Integers of fixed width, the same type in both worlds.
//
// The toolchains' <cstdint> differ (arm-none-eabi's uint32_t is unsigned long, the host's is
// unsigned int), so overloads and printf formats would differ too. Ours do not.
// Linux: include/asm-generic/int-ll64.h.
#pragma once

#include <cstddef>

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using s8 = signed char;
using s16 = short;
using s32 = int;
using s64 = long long;

using std::size_t;

static_assert(sizeof(u8) == 1 && sizeof(u16) == 2 && sizeof(u32) == 4 && sizeof(u64) == 8);
