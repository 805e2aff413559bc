# Third-party libraries as targets. Debian packages come through their own CMake or pkg-config files; the engine
# and the SQLite sources come from third_party/Cargo.lock and live outside the tree (tools/third_party.py).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(fmt REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(xlsxwriter REQUIRED IMPORTED_TARGET xlsxwriter)
pkg_check_modules(icu REQUIRED IMPORTED_TARGET icu-uc icu-i18n)

file(GLOB TENON_ENGINE_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/third_party/engine/*.rs)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/third_party/Cargo.toml ${CMAKE_SOURCE_DIR}/third_party/Cargo.lock
  ${TENON_ENGINE_SOURCES})
execute_process(
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/third_party.py
  OUTPUT_VARIABLE TENON_THIRD_PARTY OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

add_library(tenon_engine INTERFACE)
target_include_directories(tenon_engine SYSTEM INTERFACE ${TENON_THIRD_PARTY}/include)
target_link_libraries(tenon_engine INTERFACE ${TENON_THIRD_PARTY}/lib/libtenon_engine.a Threads::Threads dl m)

set(TENON_SQLITE_DIR ${TENON_THIRD_PARTY}/sqlite3)

# Turns text and core modules into components.
set(tenon_cache "$ENV{XDG_CACHE_HOME}")
if(NOT tenon_cache)
  set(tenon_cache "$ENV{HOME}/.cache")
endif()
find_program(TENON_WASM_TOOLS wasm-tools HINTS ${tenon_cache}/tenon/venv/bin REQUIRED)
