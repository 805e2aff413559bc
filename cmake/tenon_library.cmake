# tenon_library(<room> [DEPENDS <room>...] [LINK <target>...] [PRIVATE_LINK <target>...])
#
# Declares the room in the current folder as target tenon_<room>: every *.cc below it is a source, every
# *_test.cc goes into tenon_<room>_test (GoogleTest, registered with ctest), every *_bench.cc into
# tenon_<room>_bench (Google Benchmark). Nothing is listed by hand, so no file can be left out of the build.
function(tenon_library room)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK;PRIVATE_LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  set(benches ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cc$")

  set(target tenon_${room})
  list(TRANSFORM ARG_DEPENDS PREPEND tenon_)
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC tenon_options ${ARG_DEPENDS} ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})

  if(tests)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE ${target} ${ARG_PRIVATE_LINK} GTest::gmock GTest::gtest_main)
    # The code under test is optimised; the tests are not: that is more than half of what compiling one takes.
    target_compile_options(${target}_test PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0 -U_FORTIFY_SOURCE>)
    add_test(NAME unit_${room} COMMAND ${target}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(unit_${room} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
  if(benches)
    add_executable(${target}_bench ${benches})
    target_link_libraries(${target}_bench PRIVATE ${target} ${ARG_PRIVATE_LINK} benchmark::benchmark
      benchmark::benchmark_main)
  endif()
endfunction()
