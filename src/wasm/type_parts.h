#pragma once
// Parts of a value type by number, with ownership. For this room only.

#include <optional>
#include <string_view>

#include "wasm/type_text.h"

namespace tenon::wasm {

using TypeView = wasmtime_component_valtype_t;

/// The n-th field type of a record or member of a tuple; false past the end.
[[nodiscard]] inline bool part_of(const TypeView& type, std::size_t n, ValueType& out,
                                  std::string_view& name) {
  const char* data = nullptr;
  std::size_t size = 0;
  bool found = false;
  if (type.kind == WASMTIME_COMPONENT_VALTYPE_RECORD) {
    found = wasmtime_component_record_type_field_nth(type.of.record, n, &data, &size, out.out());
  } else {
    found = wasmtime_component_tuple_type_types_nth(type.of.tuple, n, out.out());
  }
  if (!found) out.forget();
  name = {data, size};
  return found;
}

[[nodiscard]] inline std::size_t part_count(const TypeView& type) {
  return type.kind == WASMTIME_COMPONENT_VALTYPE_RECORD
             ? wasmtime_component_record_type_field_count(type.of.record)
             : wasmtime_component_tuple_type_types_count(type.of.tuple);
}

/// The n-th name of an enumeration or of flags; empty past the end.
[[nodiscard]] inline std::optional<std::string_view> name_of(const TypeView& type, std::size_t n) {
  const char* data = nullptr;
  std::size_t size = 0;
  const bool found = type.kind == WASMTIME_COMPONENT_VALTYPE_ENUM
                         ? wasmtime_component_enum_type_names_nth(type.of.enum_, n, &data, &size)
                         : wasmtime_component_flags_type_names_nth(type.of.flags, n, &data, &size);
  if (!found) return std::nullopt;
  return std::string_view(data, size);
}

/// The n-th case of a variant; `payload` is set when it has one.
[[nodiscard]] inline std::optional<std::string_view> case_of(const TypeView& type, std::size_t n,
                                                             ValueType& payload) {
  const char* data = nullptr;
  std::size_t size = 0;
  bool has_payload = false;
  const bool found = wasmtime_component_variant_type_case_nth(type.of.variant, n, &data, &size,
                                                              &has_payload, payload.out());
  if (!found || !has_payload) payload.forget();
  if (!found) return std::nullopt;
  return std::string_view(data, size);
}

/// The payload type of a result's ok (0) or error (1) case; not set when it has none.
inline void result_part(const TypeView& type, std::uint32_t which, ValueType& out) {
  const bool found = which == 0 ? wasmtime_component_result_type_ok(type.of.result, out.out())
                                : wasmtime_component_result_type_err(type.of.result, out.out());
  if (!found) out.forget();
}

}  // namespace tenon::wasm
