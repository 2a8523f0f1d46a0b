# Instrumentation of the host's build: sanitizers, and coverage counters.
#
#   LOWMEM_SANITIZE=address,undefined   any list that -fsanitize= takes; every finding is an error
#   LOWMEM_COVERAGE=ON                  counts lines and branches for scripts/coverage
#   LOWMEM_FUZZ=ON                      also builds the libFuzzer harnesses (clang only)
set(LOWMEM_SANITIZE "" CACHE STRING "Sanitizers of the host build, as in -fsanitize=")
option(LOWMEM_COVERAGE "Count lines and branches of the host build" OFF)
option(LOWMEM_FUZZ "Build the libFuzzer harnesses (clang)" OFF)

if(NOT CMAKE_CROSSCOMPILING AND LOWMEM_SANITIZE)
  # vptr needs RTTI, which the kernel's sources are compiled without.
  target_compile_options(lowmem_flags INTERFACE
    -fsanitize=${LOWMEM_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(lowmem_flags INTERFACE -fsanitize=${LOWMEM_SANITIZE})
endif()
if(NOT CMAKE_CROSSCOMPILING AND LOWMEM_COVERAGE)
  target_compile_options(lowmem_flags INTERFACE --coverage -O0 -g0)
  target_link_options(lowmem_flags INTERFACE --coverage)
endif()
