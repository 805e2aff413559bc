# tenon_guest(NAME <name> LANG cpp|rust WORLD <world> WIT <path>... [SDK] SOURCES <file>...)
#
# Builds the WebAssembly component <build>/guests/<name>.wasm (target guest_<name>) from guest sources and the WIT it is
# written against. A changed WIT rebuilds the guest, and a changed signature breaks its build.
#
#   WIT      folders or files relative to the repository; later ones may use the packages of earlier ones.
#   WORLD    the world of the guest, `package:name/world` when the WIT paths name more than one package.
#   SDK      link sdk/cpp (contract v1.0) and let SOURCES include <tenon/plugin/...>.
#   SOURCES  C++ files, or the Cargo.toml of a Rust crate.
#
# C++ guests are reactors without exceptions, threads, streams and WASI: what libc++ would import is defined as a trap
# in sdk/cpp/runtime. The stack lies below the data, so an overflow traps instead of overwriting the heap.
#
# Every guest gets two tests: it stays below TENON_GUEST_MAX_BYTES, and it imports nothing but `erp:plugin`.

get_filename_component(TENON_ROOT ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
set(TENON_GUEST_STACK 131072 CACHE STRING "Bytes of stack of a C++ guest")
set(TENON_GUEST_MAX_BYTES 100000 CACHE STRING "The largest component a first-party guest may be, in bytes")
set(TENON_WIT_V1 ${TENON_ROOT}/wit/v1.0 CACHE PATH "The contract sdk/cpp is built against")
set(TENON_CARGO_TARGET_DIR ${CMAKE_BINARY_DIR}/guests/cargo CACHE PATH "What cargo built for Rust guests")

# Tools of ./dev setup lie in the cache folder; the newest wit-bindgen there is the one setup pinned.
set(TENON_TOOL_CACHES $ENV{TENON_CACHE} $ENV{XDG_CACHE_HOME}/tenon $ENV{HOME}/.cache/tenon)
list(TRANSFORM TENON_TOOL_CACHES APPEND /venv/bin OUTPUT_VARIABLE tenon_venvs)
set(tenon_wit_bindgens "")
foreach(cache ${TENON_TOOL_CACHES})
  file(GLOB found ${cache}/tools/wit-bindgen-*/bin)
  list(APPEND tenon_wit_bindgens ${found})
endforeach()
list(SORT tenon_wit_bindgens COMPARE NATURAL ORDER DESCENDING)
find_program(TENON_WASM_TOOLS wasm-tools HINTS ${tenon_venvs} REQUIRED)
find_program(TENON_WIT_BINDGEN wit-bindgen HINTS ${tenon_wit_bindgens} REQUIRED)
find_program(TENON_GUEST_CLANG clang-19 REQUIRED)
find_program(TENON_GUEST_CLANGXX clang++-19 REQUIRED)
find_program(TENON_GUEST_AR llvm-ar-19 REQUIRED)
find_program(TENON_CARGO cargo)
find_program(TENON_RUSTC rustc)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

if(NOT DEFINED CACHE{TENON_RUST_GUESTS})
  set(has_target OFF)
  if(TENON_CARGO AND TENON_RUSTC)
    execute_process(COMMAND ${TENON_RUSTC} --print target-libdir --target wasm32-unknown-unknown
      OUTPUT_VARIABLE libdir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(libdir AND EXISTS ${libdir})
      set(has_target ON)
    endif()
  endif()
  set(TENON_RUST_GUESTS ${has_target} CACHE BOOL "Build guests written in Rust")
endif()
if(NOT TENON_RUST_GUESTS)
  message(STATUS "Rust guests are skipped: no Rust with target wasm32-unknown-unknown (rustup target add "
    "wasm32-unknown-unknown, then configure with -UTENON_RUST_GUESTS)")
endif()

set(TENON_GUEST_MACHINE --target=wasm32-wasi -Os -mbulk-memory -ffunction-sections -fdata-sections -fno-exceptions
  -fno-stack-protector -fvisibility=hidden -flto)
set(TENON_GUEST_CXX_FLAGS ${TENON_GUEST_MACHINE} -std=c++23 -fno-rtti
  -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_FAST -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wimplicit-fallthrough -Werror)
set(TENON_GUEST_LINK_FLAGS ${TENON_GUEST_MACHINE} -mexec-model=reactor -Wl,--gc-sections -Wl,--strip-debug
  -Wl,--stack-first -Wl,-z,stack-size=${TENON_GUEST_STACK})

# tenon_guest_object(<variable> <source> <folder> <flag>...): the object file of one source, rebuilt with its headers.
function(tenon_guest_object variable source folder)
  get_filename_component(name ${source} NAME)
  set(object ${folder}/${name}.o)
  set(compiler ${CMAKE_CXX_COMPILER_LAUNCHER} ${TENON_GUEST_CLANGXX})
  if(source MATCHES "\\.c$")
    set(compiler ${CMAKE_CXX_COMPILER_LAUNCHER} ${TENON_GUEST_CLANG})
  endif()
  add_custom_command(OUTPUT ${object}
    COMMAND ${compiler} ${ARGN} -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d
    COMMENT "Guest object ${name}" VERBATIM)
  set(${variable} ${object} PARENT_SCOPE)
endfunction()

# tenon_guest_bindings(<folder> <world> <wit>...): <folder>/plugin.{h,c} and the object that carries the world's type.
function(tenon_guest_bindings folder world)
  set(wit_files "")
  foreach(wit ${ARGN})
    if(IS_DIRECTORY ${wit})
      file(GLOB_RECURSE files CONFIGURE_DEPENDS ${wit}/*.wit)
      list(APPEND wit_files ${files})
    else()
      list(APPEND wit_files ${wit})
    endif()
  endforeach()
  add_custom_command(OUTPUT ${folder}/plugin.h ${folder}/plugin.c ${folder}/plugin_component_type.o
    COMMAND ${TENON_WIT_BINDGEN} c ${ARGN} --world ${world} --rename-world plugin --out-dir ${folder}
    DEPENDS ${wit_files} ${TENON_WIT_BINDGEN}
    COMMENT "Guest bindings of ${world}" VERBATIM)
endfunction()

# What every C++ guest is linked with: traps in place of WASI, memory in bulk.
function(tenon_guest_runtime variable)
  set(folder ${CMAKE_BINARY_DIR}/guests/runtime)
  if(NOT TARGET guest_runtime)
    file(MAKE_DIRECTORY ${folder})
    tenon_guest_object(wasi ${TENON_ROOT}/sdk/cpp/runtime/no_wasi.c ${folder} ${TENON_GUEST_MACHINE} -Wall -Werror)
    tenon_guest_object(abort ${TENON_ROOT}/sdk/cpp/runtime/abort.cc ${folder} ${TENON_GUEST_CXX_FLAGS})
    tenon_guest_object(memory ${TENON_ROOT}/sdk/cpp/runtime/memory.c ${folder} ${TENON_GUEST_MACHINE} -fno-lto
      -fno-builtin -Wall -Werror)
    add_custom_target(guest_runtime DEPENDS ${wasi} ${abort} ${memory})
  endif()
  set(${variable} ${folder}/no_wasi.c.o ${folder}/abort.cc.o ${folder}/memory.c.o PARENT_SCOPE)
endfunction()

# sdk/cpp as an archive: a guest takes from it only the exports that its own world names.
function(tenon_guest_sdk variable)
  set(folder ${CMAKE_BINARY_DIR}/guests/sdk_cpp)
  set(archive ${folder}/libtenon_plugin.a)
  if(NOT TARGET guest_sdk_cpp)
    file(MAKE_DIRECTORY ${folder})
    tenon_guest_bindings(${folder}/bindings plugin-world ${TENON_WIT_V1})
    file(GLOB sources CONFIGURE_DEPENDS ${TENON_ROOT}/sdk/cpp/src/*.cc)
    list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
    set(objects "")
    foreach(source ${sources})
      tenon_guest_object(object ${source} ${folder} ${TENON_GUEST_CXX_FLAGS} -I${TENON_ROOT}/sdk/cpp/include
        -isystem ${folder}/bindings)
      add_custom_command(OUTPUT ${object} DEPENDS ${folder}/bindings/plugin.h APPEND)
      list(APPEND objects ${object})
    endforeach()
    add_custom_command(OUTPUT ${archive}
      COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
      COMMAND ${TENON_GUEST_AR} qcs ${archive} ${objects}
      DEPENDS ${objects} COMMENT "Guest SDK for C++" VERBATIM)
    add_custom_target(guest_sdk_cpp DEPENDS ${archive})
  endif()
  set(${variable} ${archive} PARENT_SCOPE)
endfunction()

function(tenon_guest_cpp core folder)
  tenon_guest_bindings(${folder}/bindings ${ARG_WORLD} ${wit_paths})
  tenon_guest_object(objects ${folder}/bindings/plugin.c ${folder} ${TENON_GUEST_MACHINE} -w)
  foreach(source ${ARG_SOURCES})
    get_filename_component(source ${source} ABSOLUTE)
    tenon_guest_object(object ${source} ${folder} ${TENON_GUEST_CXX_FLAGS} -I${TENON_ROOT}/sdk/cpp/include
      -isystem ${folder}/bindings)
    add_custom_command(OUTPUT ${object} DEPENDS ${folder}/bindings/plugin.h APPEND)
    list(APPEND objects ${object})
  endforeach()
  tenon_guest_runtime(runtime)
  set(depends guest_runtime)
  set(sdk "")
  if(ARG_SDK)
    tenon_guest_sdk(sdk)
    list(APPEND depends guest_sdk_cpp)
  endif()
  add_custom_command(OUTPUT ${core}
    COMMAND ${TENON_GUEST_CLANGXX} ${TENON_GUEST_LINK_FLAGS} ${objects} ${runtime}
      ${folder}/bindings/plugin_component_type.o ${sdk} -o ${core}
    DEPENDS ${objects} ${runtime} ${sdk} ${depends} ${folder}/bindings/plugin_component_type.o
    COMMENT "Guest module ${ARG_NAME}" VERBATIM)
endfunction()

function(tenon_guest_rust core)
  get_filename_component(manifest ${ARG_SOURCES} ABSOLUTE)
  get_filename_component(crate ${manifest} DIRECTORY)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${crate}/*.rs ${crate}/Cargo.* ${TENON_ROOT}/sdk/rust/*.rs
    ${TENON_ROOT}/sdk/rust/Cargo.toml)
  set(wit_files "")
  foreach(wit ${wit_paths})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${wit}/*.wit)
    list(APPEND wit_files ${files})
  endforeach()
  set(built ${TENON_CARGO_TARGET_DIR}/wasm32-unknown-unknown/release/${ARG_NAME}.wasm)
  # What Ninja found out of date is built anew: Cargo does not always see that a WIT file has changed.
  add_custom_command(OUTPUT ${core}
    COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${TENON_CARGO_TARGET_DIR} ${TENON_CARGO} clean --locked --quiet
      --release --target wasm32-unknown-unknown --package ${ARG_NAME} --manifest-path ${manifest}
    COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${TENON_CARGO_TARGET_DIR} ${TENON_CARGO} build --locked --quiet --release
      --target wasm32-unknown-unknown --manifest-path ${manifest}
    COMMAND ${CMAKE_COMMAND} -E copy ${built} ${core}
    DEPENDS ${sources} ${wit_files} JOB_POOL ${pool}
    COMMENT "Guest module ${ARG_NAME} (cargo)" VERBATIM)
endfunction()

function(tenon_guest)
  cmake_parse_arguments(ARG "SDK" "NAME;LANG;WORLD" "WIT;SOURCES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_NAME OR NOT ARG_WORLD OR NOT ARG_WIT OR NOT ARG_SOURCES)
    message(FATAL_ERROR "tenon_guest(${ARG_NAME}): NAME, LANG, WORLD, WIT and SOURCES are needed; "
      "not understood: '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  set(wit_paths "")
  foreach(wit ${ARG_WIT})
    get_filename_component(wit ${wit} ABSOLUTE BASE_DIR ${TENON_ROOT})
    list(APPEND wit_paths ${wit})
  endforeach()
  set(folder ${CMAKE_BINARY_DIR}/guests/${ARG_NAME}.dir)
  file(MAKE_DIRECTORY ${folder}/bindings)
  set(core ${folder}/core.wasm)
  set(component ${CMAKE_BINARY_DIR}/guests/${ARG_NAME}.wasm)

  if(ARG_LANG STREQUAL "cpp")
    tenon_guest_cpp(${core} ${folder})
  elseif(ARG_LANG STREQUAL "rust")
    if(NOT TENON_RUST_GUESTS)
      return()
    endif()
    # Cargo locks its target folder: two at once only wait for each other.
    get_property(pools GLOBAL PROPERTY JOB_POOLS)
    set(pool tenon_cargo)
    if(NOT pools MATCHES "tenon_cargo=")
      set_property(GLOBAL APPEND PROPERTY JOB_POOLS tenon_cargo=1)
    endif()
    tenon_guest_rust(${core})
  else()
    message(FATAL_ERROR "tenon_guest(${ARG_NAME}): LANG is cpp or rust, not '${ARG_LANG}'")
  endif()

  add_custom_command(OUTPUT ${component}
    COMMAND ${TENON_WASM_TOOLS} component new ${core} -o ${folder}/component.wasm
    COMMAND ${TENON_WASM_TOOLS} strip --all ${folder}/component.wasm -o ${folder}/stripped.wasm
    COMMAND ${TENON_WASM_TOOLS} validate --features component-model ${folder}/stripped.wasm
    COMMAND ${CMAKE_COMMAND} -E copy ${folder}/stripped.wasm ${component}
    DEPENDS ${core} COMMENT "Guest ${ARG_NAME}.wasm" VERBATIM)
  add_custom_target(guest_${ARG_NAME} ALL DEPENDS ${component})
  set_property(GLOBAL APPEND PROPERTY TENON_GUESTS ${ARG_NAME})

  add_test(NAME guest_${ARG_NAME}_is_small_and_imports_only_the_contract
    COMMAND ${Python3_EXECUTABLE} ${TENON_ROOT}/tests/guests/check_component.py --wasm-tools ${TENON_WASM_TOOLS}
      --max-bytes ${TENON_GUEST_MAX_BYTES} ${component})
  set_tests_properties(guest_${ARG_NAME}_is_small_and_imports_only_the_contract PROPERTIES LABELS guest TIMEOUT 60)
endfunction()
