#pragma once
// Declares what third_party/engine/crossing.rs adds to the engine's C API. For this room only.

#include <wasm.h>
#include <wasmtime.h>

#include <cstddef>
#include <cstdint>

#include "wasm/value.h"

namespace tenon::wasm {

/// What one side answers the other at a crossing. What `value` and `fields` point to is read before
/// the next crossing.
struct Answer {
  enum Form : std::uint32_t { ok, failed, trap, pending };
  Form form = ok;
  std::uint32_t code = 0;
  Value value;
  Value fields;
};

struct HostFunctionEntry {
  void (*invoke)(const void* function, void* state, const Value* arguments, std::size_t count,
                 Answer* answer);
  void (*resume)(void* state, Answer* answer);
  const void* function;
};

/// Counts and bounds what a store holds. The engine reads and writes it while the store lives.
struct Limiter {
  std::size_t memory_limit = 0;
  std::size_t table_limit = 0;
  std::size_t instances = 0;
  std::size_t tables = 0;
  std::size_t memories = 0;
  std::size_t memory = 0;
  std::size_t memory_peak = 0;
  std::size_t table = 0;
  std::uint32_t refused = 0;  // bit 0 a memory, bit 1 a table
};

enum class TickAnswer : std::uint32_t { go_on, yield, stop };

struct EngineProgram;  // an instance ready to be made
struct EngineCall;     // a call under way

struct Target {
  const EngineProgram* program;
  const wasmtime_component_export_index_t* function;
  std::uint32_t parameters;
  std::uint32_t result;
  void (*accept)(void* state, const Answer* answer);
};

enum class PollAnswer : std::uint32_t { pending, done, failed };

/// Beyond wasmtime_trap_code_t.
inline constexpr std::int32_t kNoTrapCode = -1;
inline constexpr std::int32_t kPoolFull = -2;
inline constexpr std::int32_t kCrossingTooLarge = -3;

extern "C" {
void tenon_pool_scan_pages(wasmtime_pooling_allocation_config_t* pool);
wasm_engine_t* tenon_engine_new(wasm_config_t* config, wasmtime_error_t** error);
bool tenon_linker_define(wasmtime_component_linker_instance_t* instance, const char* name,
                         std::size_t size, std::uint32_t parameters, std::uint32_t result,
                         bool waits, const HostFunctionEntry* host, wasmtime_error_t** error);
wasmtime_store_t* tenon_store_new(const wasm_engine_t* engine, void* state, Limiter* limiter,
                                  TickAnswer (*tick)(void* state), std::uint64_t fuel,
                                  std::size_t crossing_bytes);
EngineProgram* tenon_program_new(const wasmtime_component_linker_t* linker,
                                 const wasmtime_component_t* component, wasmtime_error_t** error);
void tenon_program_delete(EngineProgram* program);
EngineCall* tenon_call_new(wasmtime_store_t* store, wasmtime_component_instance_t* instance,
                           const Target* target, const Value* arguments, std::size_t count);
EngineCall* tenon_call_new_dynamic(wasmtime_store_t* store, wasmtime_component_instance_t* instance,
                                   const Target* target, const wasmtime_component_val_t* arguments,
                                   std::size_t count, wasmtime_component_val_t* results,
                                   std::size_t result_count);
PollAnswer tenon_call_poll(EngineCall* call, wasmtime_error_t** error);
void tenon_call_delete(EngineCall* call);
std::int32_t tenon_error_code(const wasmtime_error_t* error);
}

}  // namespace tenon::wasm
