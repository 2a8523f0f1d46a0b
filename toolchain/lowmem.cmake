# Flags of both worlds, and the lists of sources that the folders fill.

if(NOT EXISTS ${CMAKE_SOURCE_DIR}/arch/arm/mach/${LOWMEM_BOARD}.cpp)
  message(FATAL_ERROR "LOWMEM_BOARD=${LOWMEM_BOARD} is no board: arch/arm/mach has no ${LOWMEM_BOARD}.cpp")
endif()

# What a board fixes at compile time (design, section 9), and what the split fixes.
set(LOWMEM_PHYS_OFFSET_vexpress-a9 0x60000000)
set(LOWMEM_CPU_vexpress-a9 -mcpu=cortex-a9)
set(LOWMEM_GENERATION_vexpress-a9 v7)
# One ARMv5TE image, which picks proc-v5 or proc-v6 at run time.
set(LOWMEM_PHYS_OFFSET_versatilepb 0x00000000)
set(LOWMEM_CPU_versatilepb -march=armv5te)
set(LOWMEM_GENERATION_versatilepb v5v6)
set(LOWMEM_PAGE_OFFSET_3G 0xc0000000)
set(LOWMEM_PAGE_OFFSET_2G 0x80000000)
set(LOWMEM_PAGE_OFFSET_1G 0x40000000)
if(NOT DEFINED LOWMEM_PAGE_OFFSET_${LOWMEM_SPLIT})
  message(FATAL_ERROR "LOWMEM_SPLIT=${LOWMEM_SPLIT} is no split: use 3G, 2G or 1G")
endif()

# vexpress-a9 -> CONFIG_BOARD_VEXPRESS_A9
string(REPLACE "-" "_" board_define ${LOWMEM_BOARD})
string(TOUPPER CONFIG_BOARD_${board_define} board_define)

add_library(lowmem_flags INTERFACE)
target_compile_definitions(lowmem_flags INTERFACE
  CONFIG_PHYS_OFFSET=${LOWMEM_PHYS_OFFSET_${LOWMEM_BOARD}}
  CONFIG_PAGE_OFFSET=${LOWMEM_PAGE_OFFSET_${LOWMEM_SPLIT}}
  CONFIG_SUPERSECTIONS=$<BOOL:${LOWMEM_SUPERSECTIONS}>
  $<$<BOOL:${LOWMEM_SPARSEMEM}>:CONFIG_SPARSEMEM=1>
  CONFIG_BOARD="${LOWMEM_BOARD}"
  ${board_define}=1)
target_compile_options(lowmem_flags INTERFACE -Wall -Wextra)
if(LOWMEM_WERROR)
  target_compile_options(lowmem_flags INTERFACE -Werror)
endif()

if(CMAKE_CROSSCOMPILING)
  target_include_directories(lowmem_flags INTERFACE
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/arch/arm/include)
  target_compile_options(lowmem_flags INTERFACE
    ${LOWMEM_CPU_${LOWMEM_BOARD}} -marm -mfloat-abi=soft -mno-unaligned-access -g)
  target_compile_options(lowmem_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics
      -fno-use-cxa-atexit -Wframe-larger-than=3072 -fno-common -fno-pic -funwind-tables -mgeneral-regs-only>)
else()
  target_compile_definitions(lowmem_flags INTERFACE LOWMEM_HOST=1)
  target_include_directories(lowmem_flags INTERFACE
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/arch/host/include ${CMAKE_SOURCE_DIR}/arch/arm/include)
endif()

# lowmem_sources(GROUP FILE...) adds files of the calling folder to a list:
#   COMMON  compiled for target and host         TARGET  the kernel alone
#   HOST    the host library alone               TESTS   tests that run in both worlds
#   HOST_TESTS  tests that need the host (each says why)
foreach(group COMMON TARGET HOST TESTS HOST_TESTS)
  set_property(GLOBAL PROPERTY LOWMEM_${group} "")
endforeach()
function(lowmem_sources group)
  foreach(file ${ARGN})
    set_property(GLOBAL APPEND PROPERTY LOWMEM_${group} ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
endfunction()
