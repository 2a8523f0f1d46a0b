# What is built from the lists of sources that the folders have filled.
#
# On the target: nothing here; linker/ links the sources in LOWMEM_TESTS into the kernel. The
# shim's own sources are added to them, and a table of the files that it does not run.
# On the host:
#   lowmem_host   objects of LOWMEM_COMMON and LOWMEM_HOST. An object library, not an archive:
#                 whoever links it gets every object, so that records in linker sections
#                 (early parameters, monitor commands, tests) are never dropped.
#   host_tests    LOWMEM_TESTS and LOWMEM_HOST_TESTS with GoogleTest (Debian's library). Under
#                 TSan only the files that have a suite whose name ends in Threads.
#   ctest         each test of host_tests, the house and its formatting, clang-tidy
#
# Reading GoogleTest's headers takes longer than most tests take to compile, so they are compiled
# once. Helpers of the tests (fixtures, the model) run long: they are optimised in every preset.
# The tests themselves in none, because that takes a minute and saves a second.
include(${CMAKE_SOURCE_DIR}/toolchain/sanitize.cmake)

function(lowmem_make_tests)
  get_property(host_only GLOBAL PROPERTY LOWMEM_HOST_TESTS)
  if(CMAKE_CROSSCOMPILING AND NOT LOWMEM_GENERATION_${LOWMEM_BOARD} STREQUAL v7)
    # Files that need ARMv7's processor are listed with their reason, like the host's.
    get_property(tests GLOBAL PROPERTY LOWMEM_TESTS)
    foreach(path ${tests})
      file(STRINGS ${path} line LIMIT_COUNT 1)
      if(line MATCHES "^// ARMv7 ONLY: ")
        list(REMOVE_ITEM tests ${path})
        list(APPEND host_only ${path})
      endif()
    endforeach()
    set_property(GLOBAL PROPERTY LOWMEM_TESTS "${tests}")
  endif()
  lowmem_host_only_table("${host_only}" table)
  if(CMAKE_CROSSCOMPILING)
    file(CONFIGURE OUTPUT host_only_files.cpp CONTENT "${table}" @ONLY)
    lowmem_sources(TESTS shim.cpp shim_checks.cpp shim_print.cpp report.cpp)
    set_property(GLOBAL APPEND PROPERTY LOWMEM_TESTS
      ${CMAKE_CURRENT_BINARY_DIR}/host_only_files.cpp)
  else()
    lowmem_host_targets()
    lowmem_house_tests()
  endif()
endfunction()

# Reads the line "// HOST ONLY: reason" that each file in `files` begins with and counts its
# tests; `result` gets the C++ source of host_only_files[] (tests/shim.h).
function(lowmem_host_only_table files result)
  set(rows "")
  foreach(path ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${path})
    file(STRINGS ${path} lines LIMIT_COUNT 1)
    if(NOT lines MATCHES "^// (HOST|ARMv7) ONLY: (.+)$")
      message(FATAL_ERROR "${name} is in HOST_TESTS: its first line must be \"// HOST ONLY: reason\"")
    endif()
    string(REGEX REPLACE "[\\\"]" "\\\\\\0" reason "${CMAKE_MATCH_2}")
    file(STRINGS ${path} tests REGEX "^TEST(_F|_P)?\\(")
    list(LENGTH tests count)
    string(APPEND rows "    {\"${name}\", \"${reason}\", ${count}},\n")
  endforeach()
  set(${result} "// Made by tests/targets.cmake: the tests that the target does not run.
#include <tests/shim.h>

const host_only_file host_only_files[] = {
${rows}    {nullptr, nullptr, 0},
};
" PARENT_SCOPE)
endfunction()

# Made at once, because the lists of kernel and host sources are complete when tests/ is read.
function(lowmem_host_library)
  find_package(Threads REQUIRED)
  get_property(COMMON GLOBAL PROPERTY LOWMEM_COMMON)
  get_property(HOST GLOBAL PROPERTY LOWMEM_HOST)
  add_library(lowmem_host OBJECT ${COMMON} ${HOST})
  target_link_libraries(lowmem_host PUBLIC lowmem_flags Threads::Threads)
  target_compile_options(lowmem_host PUBLIC -fno-exceptions PRIVATE -fno-rtti)
  if(LOWMEM_FUZZ)  # counts what ran, for libFuzzer; the tests don't mind
    target_compile_options(lowmem_host PRIVATE -O1 -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# The table of maintenance sites (tests/sites.h), made anew when a source that has some changes.
function(lowmem_maintenance_sites result)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(script ${CMAKE_SOURCE_DIR}/scripts/lib/sites.py)
  set(table ${CMAKE_CURRENT_BINARY_DIR}/generated/maintenance_sites.inc)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/arch/arm/mm/*.cpp
    ${CMAKE_SOURCE_DIR}/arch/arm/mm/*.h ${CMAKE_SOURCE_DIR}/arch/arm/include/asm/cacheflush.h
    ${CMAKE_SOURCE_DIR}/arch/arm/include/asm/tlbflush.h)
  get_property(COMMON GLOBAL PROPERTY LOWMEM_COMMON)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/generated)
  add_custom_command(OUTPUT ${table}
    COMMAND ${Python3_EXECUTABLE} -B ${script} --table ${COMMON} > ${table}
    DEPENDS ${script} ${sources} VERBATIM)
  set(${result} ${table} PARENT_SCOPE)
endfunction()

# Of `files`, those with tests that use threads, and the helpers that these include.
function(lowmem_thread_tests files result)
  set(chosen "")
  set(helpers "")
  set(need_helpers FALSE)
  foreach(path ${files})
    if(NOT path MATCHES "_test\\.cpp$")
      list(APPEND helpers ${path})
      continue()
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(STRINGS ${path} suites REGEX "^TEST(_F|_P)?\\([A-Za-z0-9_]+Threads,")
    if(suites)
      list(APPEND chosen ${path})
      file(STRINGS ${path} includes REGEX "^#include <tests/(arch|model|mm)/")
      if(includes)
        set(need_helpers TRUE)
      endif()
    endif()
  endforeach()
  if(need_helpers)
    list(APPEND chosen ${helpers})
  endif()
  set(${result} "${chosen}" PARENT_SCOPE)
endfunction()

function(lowmem_host_targets)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  get_property(TESTS GLOBAL PROPERTY LOWMEM_TESTS)
  get_property(HOST_TESTS GLOBAL PROPERTY LOWMEM_HOST_TESTS)
  set(all ${TESTS} ${HOST_TESTS})
  if(LOWMEM_SANITIZE MATCHES "thread")
    lowmem_thread_tests("${all}" all)
  endif()

  lowmem_maintenance_sites(sites)
  add_executable(host_tests main_host.cpp report.cpp sites.cpp ${sites} ${all})
  target_include_directories(host_tests PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
  target_link_libraries(host_tests PRIVATE lowmem_host GTest::gtest)
  target_precompile_headers(host_tests PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/test.h)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    target_compile_options(host_tests PRIVATE -O0)
  endif()
  list(FILTER all EXCLUDE REGEX "_test\\.cpp$")
  set_source_files_properties(${all} PROPERTIES COMPILE_OPTIONS -O2 SKIP_PRECOMPILE_HEADERS ON)
  # The model as a command, for dumps of any kernel: build/host/ptwalk.
  add_executable(ptwalk model/ptwalk_main.cpp model/ptwalk.cpp model/audit.cpp model/walker.cpp
    model/walker_v5.cpp model/walker_v6.cpp)
  target_link_libraries(ptwalk PRIVATE lowmem_flags)
  set_target_properties(ptwalk PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  if(LOWMEM_SANITIZE OR LOWMEM_COVERAGE)
    set_target_properties(ptwalk PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  gtest_discover_tests(host_tests NO_PRETTY_VALUES PROPERTIES LABELS host TIMEOUT 60 DISCOVERY_TIMEOUT 60)
  # All of host_tests in two processes: ten times as fast as one process a test, which ctest knows
  # besides (label host) for running some, or all when one of the two dies half-way.
  foreach(half 0 1)
    add_test(NAME host_tests_half_${half} COMMAND host_tests)
    set_tests_properties(host_tests_half_${half} PROPERTIES LABELS whole TIMEOUT 600
      ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${half}")
  endforeach()
endfunction()

# One preset is enough for tests of the sources themselves: the plain one of each compiler.
function(lowmem_house_tests)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(house ${CMAKE_CURRENT_SOURCE_DIR}/house)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT LOWMEM_SANITIZE MATCHES "thread")
    add_test(NAME tidy COMMAND ${Python3_EXECUTABLE} -B ${house}/tidy.py ${CMAKE_BINARY_DIR})
    set_tests_properties(tidy PROPERTIES TIMEOUT 300)
  elseif(NOT LOWMEM_SANITIZE AND NOT LOWMEM_COVERAGE)
    add_test(NAME house COMMAND ${Python3_EXECUTABLE} -B ${house}/house_test.py)
    add_test(NAME house_self_test
      COMMAND ${Python3_EXECUTABLE} -B ${house}/house_test.py --self-test)
    add_test(NAME format COMMAND ${Python3_EXECUTABLE} -B ${house}/format.py)
    add_test(NAME coverage_self_test
      COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/scripts/coverage --self-test)
  endif()
endfunction()
