// From the engine's dynamic values to ours.
#include <utility>

#include "wasm/dynamic_value.h"
#include "wasm/type_parts.h"

namespace tenon::wasm {
namespace {

using Raw = wasmtime_component_val_t;

std::unexpected<Error> unfit(std::string_view what) {
  return fail(Error(ErrorCode::invalid, "a value does not fit its type")
                  .because("wasm.value")
                  .in_context(what));
}

std::string_view view(const wasm_name_t& name) { return {name.data, name.size}; }

Result<Value> lift(const Raw& raw, const TypeView& type, ValueTree& tree);

Result<Value> lift_list(const wasmtime_component_vallist_t& list, const TypeView& type,
                        ValueTree& tree) {
  ValueType element;
  wasmtime_component_list_type_element(type.of.list, element.out());
  const std::span<const Raw> items(list.data, list.size);
  if (element.get().kind == WASMTIME_COMPONENT_VALTYPE_U8) {
    std::string bytes;
    bytes.reserve(items.size());
    for (const Raw& item : items) bytes += static_cast<char>(item.of.u8);
    return tree.bytes(std::move(bytes));
  }
  std::vector<Value> values;
  values.reserve(items.size());
  for (const Raw& item : items) {
    TENON_ASSIGN(value, lift(item, element.get(), tree));
    values.push_back(value);
  }
  return tree.compound(Kind::list, std::move(values));
}

Result<Value> lift_parts(const Raw& raw, const TypeView& type, ValueTree& tree) {
  const bool record = raw.kind == WASMTIME_COMPONENT_RECORD;
  const std::size_t size = record ? raw.of.record.size : raw.of.tuple.size;
  std::vector<Value> values;
  for (std::size_t i = 0; i < size; ++i) {
    ValueType part;
    std::string_view name;
    if (!part_of(type, i, part, name)) return unfit("too many parts");
    const Raw& item = record ? raw.of.record.data[i].val : raw.of.tuple.data[i];
    TENON_ASSIGN(value, lift(item, part.get(), tree));
    values.push_back(value);
  }
  return tree.compound(record ? Kind::record : Kind::tuple, std::move(values));
}

Result<Value> lift_variant(const wasmtime_component_valvariant_t& raw, const TypeView& type,
                           ValueTree& tree) {
  for (std::uint32_t i = 0;; ++i) {
    ValueType payload;
    const auto name = case_of(type, i, payload);
    if (!name) return unfit("unknown case");
    if (*name != view(raw.discriminant)) continue;
    std::vector<Value> values;
    if (raw.val != nullptr && payload.set()) {
      TENON_ASSIGN(value, lift(*raw.val, payload.get(), tree));
      values.push_back(value);
    }
    return tree.compound(Kind::variant, std::move(values), i);
  }
}

Result<Value> lift_result_value(const wasmtime_component_valresult_t& raw, const TypeView& type,
                                ValueTree& tree) {
  const std::uint32_t which = raw.is_ok ? 0 : 1;
  ValueType payload;
  result_part(type, which, payload);
  std::vector<Value> values;
  if (raw.val != nullptr && payload.set()) {
    TENON_ASSIGN(value, lift(*raw.val, payload.get(), tree));
    values.push_back(value);
  }
  return tree.compound(Kind::result, std::move(values), which);
}

Result<Value> lift_option(const Raw* raw, const TypeView& type, ValueTree& tree) {
  if (raw == nullptr) return tree.compound(Kind::option, {});
  ValueType payload;
  wasmtime_component_option_type_ty(type.of.option, payload.out());
  TENON_ASSIGN(value, lift(*raw, payload.get(), tree));
  return tree.compound(Kind::option, {value});
}

std::optional<std::uint32_t> number_of(std::string_view wanted, const TypeView& type) {
  for (std::uint32_t i = 0;; ++i) {
    const auto name = name_of(type, i);
    if (!name) return std::nullopt;
    if (*name == wanted) return i;
  }
}

Result<Value> lift_flags(const wasmtime_component_valflags_t& raw, const TypeView& type) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < raw.size; ++i) {
    const auto bit = number_of(view(raw.data[i]), type);
    if (!bit || *bit >= 64) return unfit("unknown flag");
    bits |= std::uint64_t{1} << *bit;
  }
  return Value::flags(bits);
}

Result<Value> lift(const Raw& raw, const TypeView& type, ValueTree& tree) {
  switch (raw.kind) {
    case WASMTIME_COMPONENT_BOOL:
      return Value::boolean(raw.of.boolean);
    case WASMTIME_COMPONENT_U8:
      return Value::number(raw.of.u8);
    case WASMTIME_COMPONENT_U16:
      return Value::number(raw.of.u16);
    case WASMTIME_COMPONENT_U32:
      return Value::number(raw.of.u32);
    case WASMTIME_COMPONENT_U64:
      return Value::number(raw.of.u64);
    case WASMTIME_COMPONENT_S8:
      return Value::integer(raw.of.s8);
    case WASMTIME_COMPONENT_S16:
      return Value::integer(raw.of.s16);
    case WASMTIME_COMPONENT_S32:
      return Value::integer(raw.of.s32);
    case WASMTIME_COMPONENT_S64:
      return Value::integer(raw.of.s64);
    case WASMTIME_COMPONENT_F32:
      return Value::real(static_cast<double>(raw.of.f32));
    case WASMTIME_COMPONENT_F64:
      return Value::real(raw.of.f64);
    case WASMTIME_COMPONENT_CHAR:
      return Value::character(static_cast<char32_t>(raw.of.character));
    case WASMTIME_COMPONENT_STRING:
      return tree.text(std::string(view(raw.of.string)));
    case WASMTIME_COMPONENT_LIST:
      return lift_list(raw.of.list, type, tree);
    case WASMTIME_COMPONENT_RECORD:
    case WASMTIME_COMPONENT_TUPLE:
      return lift_parts(raw, type, tree);
    case WASMTIME_COMPONENT_VARIANT:
      return lift_variant(raw.of.variant, type, tree);
    case WASMTIME_COMPONENT_RESULT:
      return lift_result_value(raw.of.result, type, tree);
    case WASMTIME_COMPONENT_OPTION:
      return lift_option(raw.of.option, type, tree);
    case WASMTIME_COMPONENT_FLAGS:
      return lift_flags(raw.of.flags, type);
    case WASMTIME_COMPONENT_ENUM: {
      const auto number = number_of(view(raw.of.enumeration), type);
      if (!number) return unfit("unknown case");
      return Value::enumeration(*number);
    }
    default:
      return unfit("a type that cannot cross");
  }
}

}  // namespace

bool has_result(const wasmtime_component_func_type_t* type) {
  ValueType result;
  if (wasmtime_component_func_type_result(type, result.out())) return true;
  result.forget();
  return false;
}

Result<std::vector<Value>> lift_arguments(std::span<const wasmtime_component_val_t> arguments,
                                          const wasmtime_component_func_type_t* type,
                                          ValueTree& tree) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const char* name = nullptr;
    std::size_t size = 0;
    ValueType parameter;
    if (!wasmtime_component_func_type_param_nth(type, i, &name, &size, parameter.out())) {
      parameter.forget();
      return unfit("too many arguments");
    }
    TENON_ASSIGN(value, lift(arguments[i], parameter.get(), tree));
    values.push_back(value);
  }
  return values;
}

Result<Value> lift_result(const wasmtime_component_val_t& result,
                          const wasmtime_component_func_type_t* type, ValueTree& tree) {
  ValueType result_type;
  if (!wasmtime_component_func_type_result(type, result_type.out())) {
    result_type.forget();
    return Value();
  }
  return lift(result, result_type.get(), tree);
}

}  // namespace tenon::wasm
