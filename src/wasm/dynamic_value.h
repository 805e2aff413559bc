#pragma once
// Values of types without a fast shape, through the engine's dynamic values. The function's type
// leads: what does not fit it is an error, never the end of the process. For this room only.

#include <vector>

#include "wasm/handles.h"
#include "wasm/reply.h"
#include "wasm/value.h"

namespace tenon::wasm {

/// Owner of engine values; each is initialised, as the engine drops what it overwrites.
class DynamicValues {
 public:
  DynamicValues() = default;
  DynamicValues(const DynamicValues&) = delete;
  DynamicValues& operator=(const DynamicValues&) = delete;
  ~DynamicValues() {
    for (auto& value : values_) wasmtime_component_val_delete(&value);
  }
  [[nodiscard]] wasmtime_component_val_t& add() { return values_.emplace_back(); }
  [[nodiscard]] const wasmtime_component_val_t* data() const noexcept { return values_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

 private:
  std::vector<wasmtime_component_val_t> values_;
};

[[nodiscard]] bool has_result(const wasmtime_component_func_type_t* type);

/// Errors (of all): invalid (`wasm.value`) naming what does not fit, or a type that cannot cross.
[[nodiscard]] Result<> lower_arguments(Arguments arguments,
                                       const wasmtime_component_func_type_t* type,
                                       DynamicValues& out);
[[nodiscard]] Result<std::vector<Value>> lift_arguments(
    std::span<const wasmtime_component_val_t> arguments, const wasmtime_component_func_type_t* type,
    ValueTree& tree);
[[nodiscard]] Result<Value> lift_result(const wasmtime_component_val_t& result,
                                        const wasmtime_component_func_type_t* type,
                                        ValueTree& tree);
/// Writes an answer of a host function. Requires: reply.form() is not trap.
[[nodiscard]] Result<> lower_reply(const Reply& reply, const wasmtime_component_func_type_t* type,
                                   wasmtime_component_val_t& out);

}  // namespace tenon::wasm
