#pragma once
// The function types that cross typed (third_party/engine/crossing.rs). Any other type crosses
// through dynamic values. For this room only.

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::wasm {

enum class ParameterShape : std::uint32_t {
  none,
  text,
  text2,
  text3,
  text_number,
  text2_number,
  text3_number,
  text_bytes,
  level_text,
  dynamic = 99,
};

enum class ResultShape : std::uint32_t {
  none,
  number,
  boolean,
  text,
  text_or_error,    // result<string, error>
  bytes_or_text,    // result<list<u8>, string>
  nothing_or_text,  // result<_, string>
  dynamic = 99,
};

struct Shape {
  ParameterShape parameters = ParameterShape::dynamic;
  ResultShape result = ResultShape::dynamic;
  [[nodiscard]] bool dynamic() const noexcept { return parameters == ParameterShape::dynamic; }
};

/// The shape of an imported function's type, spelled as Item::type spells it; dynamic when either
/// half has no fast shape.
[[nodiscard]] Shape import_shape(std::string_view type);
/// The same for an exported function, where fewer shapes are typed.
[[nodiscard]] Shape export_shape(std::string_view type);

}  // namespace tenon::wasm
