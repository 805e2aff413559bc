# The one compiler dialect of the host: C++23, conversions are errors, hardening is on in every build.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")

set(TENON_SANITIZE "" CACHE STRING "Sanitizers of this build, as -fsanitize= takes them")
option(TENON_FUZZ "Let libFuzzer see which ways the rooms' code takes" OFF)

add_library(tenon_options INTERFACE)
target_compile_options(tenon_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wno-missing-designated-field-initializers -Werror -fstack-protector-strong -fno-plt)
target_compile_definitions(tenon_options INTERFACE _GLIBCXX_ASSERTIONS)
if(TENON_SANITIZE)
  target_compile_options(tenon_options INTERFACE -fsanitize=${TENON_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(tenon_options INTERFACE -fsanitize=${TENON_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(tenon_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(TENON_FUZZ)
  target_compile_options(tenon_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_options(tenon_options INTERFACE -fuse-ld=lld -Wl,-z,relro,-z,now)
