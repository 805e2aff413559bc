#pragma once
// Owners of the engine's C handles. For this room only.

#include <memory>
#include <string>

#include "wasm/crossing.h"

namespace tenon::wasm {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* handle) const noexcept {
    release(handle);
  }
};
template <class T, auto release>
using Handle = std::unique_ptr<T, Release<release>>;

using EngineHandle = Handle<wasm_engine_t, wasm_engine_delete>;
using ErrorHandle = Handle<wasmtime_error_t, wasmtime_error_delete>;
using ComponentHandle = Handle<wasmtime_component_t, wasmtime_component_delete>;
using ComponentTypeHandle = Handle<wasmtime_component_type_t, wasmtime_component_type_delete>;
using FunctionTypeHandle =
    Handle<wasmtime_component_func_type_t, wasmtime_component_func_type_delete>;
using ExportIndexHandle =
    Handle<wasmtime_component_export_index_t, wasmtime_component_export_index_delete>;
using LinkerHandle = Handle<wasmtime_component_linker_t, wasmtime_component_linker_delete>;
using LinkerInstanceHandle =
    Handle<wasmtime_component_linker_instance_t, wasmtime_component_linker_instance_delete>;
using StoreHandle = Handle<wasmtime_store_t, wasmtime_store_delete>;
using ProgramHandle = Handle<EngineProgram, tenon_program_delete>;
using CallHandle = Handle<EngineCall, tenon_call_delete>;

/// The engine's text with the guest's backtrace, for the private detail of an Error.
[[nodiscard]] inline std::string text_of(const wasmtime_error_t* error) {
  wasm_name_t message{};
  wasmtime_error_message(error, &message);
  std::string text(message.data, message.size);
  wasm_byte_vec_delete(&message);
  return text;
}

}  // namespace tenon::wasm
