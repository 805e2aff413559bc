# tenon_wit_host(TARGET <target> WIT <folder> WORLD <world> NAMESPACE tenon::contract::<version>
#                [SUSPENDS <interface>[#<function>]...] [SYNC <interface>[#<function>]...])
#
# Generates <build>/generated/contract/<version>.h, the typed host bindings of one contract version, and lets <target>
# and what links to it include it as "contract/<version>.h". A changed WIT signature thereby breaks the build of the
# host functions that implement it. See tools/wit_host.py.
find_program(TENON_WASM_TOOLS wasm-tools
  HINTS $ENV{TENON_CACHE}/venv/bin $ENV{XDG_CACHE_HOME}/tenon/venv/bin $ENV{HOME}/.cache/tenon/venv/bin REQUIRED)

function(tenon_wit_host)
  cmake_parse_arguments(ARG "" "TARGET;WIT;WORLD;NAMESPACE" "SUSPENDS;SYNC" ${ARGN})
  string(REGEX REPLACE "^.*::" "" version ${ARG_NAMESPACE})
  get_filename_component(wit ${ARG_WIT} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  file(GLOB_RECURSE wit_files CONFIGURE_DEPENDS ${wit}/*.wit)
  set(include_dir ${CMAKE_BINARY_DIR}/generated)
  set(header ${include_dir}/contract/${version}.h)
  set(choices "")
  if(ARG_SUSPENDS)
    list(APPEND choices --suspends ${ARG_SUSPENDS})
  endif()
  if(ARG_SYNC)
    list(APPEND choices --sync ${ARG_SYNC})
  endif()
  add_custom_command(OUTPUT ${header}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/wit_host.py ${wit} --world ${ARG_WORLD}
      --namespace ${ARG_NAMESPACE} --output ${header} --wasm-tools ${TENON_WASM_TOOLS} ${choices}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/wit_host.py ${wit_files}
    COMMENT "Host bindings of ${ARG_NAMESPACE}" VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE ${header})
  target_include_directories(${ARG_TARGET} SYSTEM PUBLIC ${include_dir})
endfunction()
