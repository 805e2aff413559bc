#include "wasm/type_text.h"

#include <algorithm>
#include <functional>

namespace tenon::wasm {
namespace {

using Type = wasmtime_component_valtype_t;

/// "word{a, b}" from a function that gives the n-th part, empty at the end.
std::string braces(std::string_view word, const std::function<std::string(std::size_t)>& nth,
                   char open = '{', char close = '}') {
  std::string text(word);
  text += open;
  for (std::size_t i = 0;; ++i) {
    const std::string part = nth(i);
    if (part.empty()) break;
    if (i != 0) text += ", ";
    text += part;
  }
  text += close;
  return text;
}

std::string record_text(const wasmtime_component_record_type_t* type) {
  return braces("record", [&](std::size_t i) -> std::string {
    const char* name = nullptr;
    std::size_t size = 0;
    ValueType field;
    if (!wasmtime_component_record_type_field_nth(type, i, &name, &size, field.out())) {
      field.forget();
      return {};
    }
    return std::string(name, size) + ": " + type_text(field.get());
  });
}

std::string tuple_text(const wasmtime_component_tuple_type_t* type) {
  return braces(
      "tuple",
      [&](std::size_t i) -> std::string {
        ValueType member;
        if (!wasmtime_component_tuple_type_types_nth(type, i, member.out())) {
          member.forget();
          return {};
        }
        return type_text(member.get());
      },
      '<', '>');
}

std::string variant_text(const wasmtime_component_variant_type_t* type) {
  return braces("variant", [&](std::size_t i) -> std::string {
    const char* name = nullptr;
    std::size_t size = 0;
    bool has_payload = false;
    ValueType payload;
    const bool found = wasmtime_component_variant_type_case_nth(type, i, &name, &size, &has_payload,
                                                                payload.out());
    if (!found || !has_payload) payload.forget();
    if (!found) return {};
    std::string text(name, size);
    if (has_payload) text += "(" + type_text(payload.get()) + ")";
    return text;
  });
}

std::string enum_text(const wasmtime_component_enum_type_t* type) {
  return braces("enum", [&](std::size_t i) -> std::string {
    const char* name = nullptr;
    std::size_t size = 0;
    if (!wasmtime_component_enum_type_names_nth(type, i, &name, &size)) return {};
    return {name, size};
  });
}

std::string flags_text(const wasmtime_component_flags_type_t* type) {
  return braces("flags", [&](std::size_t i) -> std::string {
    const char* name = nullptr;
    std::size_t size = 0;
    if (!wasmtime_component_flags_type_names_nth(type, i, &name, &size)) return {};
    return {name, size};
  });
}

std::string result_text(const wasmtime_component_result_type_t* type) {
  ValueType ok;
  ValueType error;
  if (!wasmtime_component_result_type_ok(type, ok.out())) ok.forget();
  if (!wasmtime_component_result_type_err(type, error.out())) error.forget();
  if (!ok.set() && !error.set()) return "result";
  std::string text = "result<" + (ok.set() ? type_text(ok.get()) : std::string("_"));
  if (error.set()) text += ", " + type_text(error.get());
  return text + ">";
}

std::string list_text(const wasmtime_component_list_type_t* type) {
  ValueType element;
  wasmtime_component_list_type_element(type, element.out());
  return "list<" + type_text(element.get()) + ">";
}

std::string option_text(const wasmtime_component_option_type_t* type) {
  ValueType payload;
  wasmtime_component_option_type_ty(type, payload.out());
  return "option<" + type_text(payload.get()) + ">";
}

}  // namespace

std::string type_text(const Type& type) {
  switch (type.kind) {
    case WASMTIME_COMPONENT_VALTYPE_BOOL:
      return "bool";
    case WASMTIME_COMPONENT_VALTYPE_S8:
      return "s8";
    case WASMTIME_COMPONENT_VALTYPE_S16:
      return "s16";
    case WASMTIME_COMPONENT_VALTYPE_S32:
      return "s32";
    case WASMTIME_COMPONENT_VALTYPE_S64:
      return "s64";
    case WASMTIME_COMPONENT_VALTYPE_U8:
      return "u8";
    case WASMTIME_COMPONENT_VALTYPE_U16:
      return "u16";
    case WASMTIME_COMPONENT_VALTYPE_U32:
      return "u32";
    case WASMTIME_COMPONENT_VALTYPE_U64:
      return "u64";
    case WASMTIME_COMPONENT_VALTYPE_F32:
      return "f32";
    case WASMTIME_COMPONENT_VALTYPE_F64:
      return "f64";
    case WASMTIME_COMPONENT_VALTYPE_CHAR:
      return "char";
    case WASMTIME_COMPONENT_VALTYPE_STRING:
      return "string";
    case WASMTIME_COMPONENT_VALTYPE_LIST:
      return list_text(type.of.list);
    case WASMTIME_COMPONENT_VALTYPE_RECORD:
      return record_text(type.of.record);
    case WASMTIME_COMPONENT_VALTYPE_TUPLE:
      return tuple_text(type.of.tuple);
    case WASMTIME_COMPONENT_VALTYPE_VARIANT:
      return variant_text(type.of.variant);
    case WASMTIME_COMPONENT_VALTYPE_ENUM:
      return enum_text(type.of.enum_);
    case WASMTIME_COMPONENT_VALTYPE_OPTION:
      return option_text(type.of.option);
    case WASMTIME_COMPONENT_VALTYPE_RESULT:
      return result_text(type.of.result);
    case WASMTIME_COMPONENT_VALTYPE_FLAGS:
      return flags_text(type.of.flags);
    case WASMTIME_COMPONENT_VALTYPE_OWN:
      return "own<resource>";
    case WASMTIME_COMPONENT_VALTYPE_BORROW:
      return "borrow<resource>";
    case WASMTIME_COMPONENT_VALTYPE_FUTURE:
      return "future";
    case WASMTIME_COMPONENT_VALTYPE_STREAM:
      return "stream";
    case WASMTIME_COMPONENT_VALTYPE_ERROR_CONTEXT:
      return "error-context";
    case WASMTIME_COMPONENT_VALTYPE_MAP:
      return "map";
    default:
      return "unknown";
  }
}

std::string type_text(const wasmtime_component_func_type_t* type) {
  std::string text = braces(
      wasmtime_component_func_type_async(type) ? "async " : "",
      [&](std::size_t i) -> std::string {
        const char* name = nullptr;
        std::size_t size = 0;
        ValueType parameter;
        if (!wasmtime_component_func_type_param_nth(type, i, &name, &size, parameter.out())) {
          parameter.forget();
          return {};
        }
        return type_text(parameter.get());
      },
      '(', ')');
  ValueType result;
  if (wasmtime_component_func_type_result(type, result.out()))
    text += " -> " + type_text(result.get());
  else
    result.forget();
  return text;
}

std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase(out, ' ');
  return out;
}

}  // namespace tenon::wasm
