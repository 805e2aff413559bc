#include "wasm/shapes.h"

#include <string>

#include "wasm/linker.h"
#include "wasm/type_text.h"

namespace tenon::wasm {
namespace {

ParameterShape parameters_of(std::string_view text) {
  if (text == "()") return ParameterShape::none;
  if (text == "(string)") return ParameterShape::text;
  if (text == "(string,string)") return ParameterShape::text2;
  if (text == "(string,string,string)") return ParameterShape::text3;
  if (text == "(string,u64)") return ParameterShape::text_number;
  if (text == "(string,string,u64)") return ParameterShape::text2_number;
  if (text == "(string,string,string,u64)") return ParameterShape::text3_number;
  if (text == "(string,list<u8>)") return ParameterShape::text_bytes;
  if (text == "(" + without_blanks(kLevelType) + ",string)") return ParameterShape::level_text;
  return ParameterShape::dynamic;
}

ResultShape result_of(std::string_view text) {
  if (text.empty()) return ResultShape::none;
  if (text == "u64") return ResultShape::number;
  if (text == "bool") return ResultShape::boolean;
  if (text == "string") return ResultShape::text;
  if (text == "result<string," + without_blanks(kErrorType) + ">")
    return ResultShape::text_or_error;
  if (text == "result<list<u8>,string>") return ResultShape::bytes_or_text;
  if (text == "result<_,string>") return ResultShape::nothing_or_text;
  return ResultShape::dynamic;
}

}  // namespace

Shape import_shape(std::string_view type) {
  const std::string text = without_blanks(type);
  const auto arrow = text.find(")->");
  const bool has_result = arrow != std::string::npos;
  const std::string_view whole = text;
  const Shape shape{parameters_of(has_result ? whole.substr(0, arrow + 1) : whole),
                    result_of(has_result ? whole.substr(arrow + 3) : std::string_view())};
  if (shape.parameters == ParameterShape::dynamic || shape.result == ResultShape::dynamic)
    return {};
  return shape;
}

Shape export_shape(std::string_view type) {
  const Shape shape = import_shape(type);
  switch (shape.parameters) {
    case ParameterShape::none:
    case ParameterShape::text:
    case ParameterShape::text2:
    case ParameterShape::text3:
    case ParameterShape::text_bytes:
      break;
    default:
      return {};
  }
  switch (shape.result) {
    case ResultShape::text_or_error:
    case ResultShape::bytes_or_text:
    case ResultShape::nothing_or_text:
      return shape;
    default:
      return {};
  }
}

}  // namespace tenon::wasm
