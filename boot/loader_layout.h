// Offsets of struct loader_data, for assembly and the linker script too: preprocessor only.
// boot/loader_data.h has the words and asserts that the two agree.
#pragma once

#define LOADER_DATA_MACHINE 0
#define LOADER_DATA_POINTER 4
#define LOADER_DATA_KIND 8
#define LOADER_DATA_LENGTH 12
#define LOADER_DATA_BYTES 16
#define LOADER_DATA_MAX 65536
#define LOADER_DATA_SIZE (LOADER_DATA_BYTES + LOADER_DATA_MAX)

#define LOADER_KIND_NONE 0
#define LOADER_KIND_ATAGS 1
#define LOADER_KIND_FDT 2
#define LOADER_KIND_BAD_POINTER 3
#define LOADER_KIND_BAD_MAGIC 4
#define LOADER_KIND_TOO_LONG 5
