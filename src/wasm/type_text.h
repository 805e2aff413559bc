#pragma once
// Types as text, so that a contract and a component can be compared. For this room only.

#include <string>

#include "wasm/handles.h"

namespace tenon::wasm {

/// Owner of a value type.
class ValueType {
 public:
  ValueType() = default;
  ValueType(const ValueType&) = delete;
  ValueType& operator=(const ValueType&) = delete;
  ~ValueType() {
    if (set_) wasmtime_component_valtype_delete(&type_);
  }
  /// For the C API to write into; once.
  [[nodiscard]] wasmtime_component_valtype_t* out() noexcept {
    set_ = true;
    return &type_;
  }
  /// After an out() that the C API left unwritten.
  void forget() noexcept { set_ = false; }
  [[nodiscard]] bool set() const noexcept { return set_; }
  [[nodiscard]] const wasmtime_component_valtype_t& get() const noexcept { return type_; }

 private:
  wasmtime_component_valtype_t type_{};
  bool set_ = false;
};

/// As Item::type spells it.
[[nodiscard]] std::string type_text(const wasmtime_component_valtype_t& type);
[[nodiscard]] std::string type_text(const wasmtime_component_func_type_t* type);

/// Without blanks, for comparing.
[[nodiscard]] std::string without_blanks(std::string_view text);

}  // namespace tenon::wasm
