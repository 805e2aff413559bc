// From our values to the engine's dynamic ones.
#include <limits>
#include <utility>

#include "wasm/dynamic_value.h"
#include "wasm/type_parts.h"

namespace tenon::wasm {
namespace {

using Raw = wasmtime_component_val_t;

std::unexpected<Error> unfit(const TypeView& type) {
  return fail(Error(ErrorCode::invalid, "a value does not fit its type")
                  .because("wasm.value")
                  .in_context(type_text(type)));
}

/// The engine ends the process on text that is not UTF-8 (RFC 3629).
bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  const auto tail = [&](int n) { return n < end - at && (at[n] & 0xC0U) == 0x80U; };
  while (at != end) {
    if (*at < 0x80) {
      at += 1;
    } else if (*at >= 0xC2 && *at <= 0xDF && tail(1)) {
      at += 2;
    } else if ((*at & 0xF0U) == 0xE0 && tail(1) && tail(2) && !(*at == 0xE0 && at[1] < 0xA0) &&
               !(*at == 0xED && at[1] > 0x9F)) {
      at += 3;
    } else if (*at >= 0xF0 && *at <= 0xF4 && tail(1) && tail(2) && tail(3) &&
               !(*at == 0xF0 && at[1] < 0x90) && !(*at == 0xF4 && at[1] > 0x8F)) {
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

void set_name(wasm_name_t& out, std::string_view text) {
  wasm_byte_vec_new(&out, text.size(), text.data());
}

Result<> lower(const Value& value, const TypeView& type, Raw& out);

/// Lowers into a value of the engine's heap.
Result<> lower_boxed(const Value& value, const TypeView& type, Raw*& out) {
  Raw raw{};
  auto lowered = lower(value, type, raw);
  if (lowered)
    out = wasmtime_component_val_new(&raw);
  else
    wasmtime_component_val_delete(&raw);
  return lowered;
}

Result<> lower_number(const Value& value, const TypeView& type, Raw& out, std::uint8_t kind,
                      std::uint64_t maximum) {
  if (value.kind() != Kind::number || value.number() > maximum) return unfit(type);
  out.kind = kind;
  out.of.u64 = value.number();  // little-endian: the narrower members read the low bytes
  return {};
}

Result<> lower_integer(const Value& value, const TypeView& type, Raw& out, std::uint8_t kind,
                       std::int64_t minimum, std::int64_t maximum) {
  if (value.kind() != Kind::integer || value.integer() < minimum || value.integer() > maximum)
    return unfit(type);
  out.kind = kind;
  out.of.s64 = value.integer();
  return {};
}

Result<> lower_list(const Value& value, const TypeView& type, Raw& out) {
  ValueType element;
  wasmtime_component_list_type_element(type.of.list, element.out());
  const bool bytes = value.kind() == Kind::bytes;
  if (bytes ? element.get().kind != WASMTIME_COMPONENT_VALTYPE_U8 : value.kind() != Kind::list)
    return unfit(type);
  const std::size_t size = bytes ? value.text().size() : value.items().size();
  std::vector<Raw> items(size);
  const auto release = [&] {
    for (Raw& item : items) wasmtime_component_val_delete(&item);
  };
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes) {
      items[i].kind = WASMTIME_COMPONENT_U8;
      items[i].of.u8 = static_cast<std::uint8_t>(value.text()[i]);
    } else if (auto lowered = lower(value.items()[i], element.get(), items[i]); !lowered) {
      release();
      return lowered;
    }
  }
  out.kind = WASMTIME_COMPONENT_LIST;
  wasmtime_component_vallist_new(&out.of.list, items.size(), items.data());  // moves the items
  return {};
}

Result<> lower_record(const Value& value, const TypeView& type, Raw& out) {
  const auto items = value.items();
  if (value.kind() != Kind::record || items.size() != part_count(type)) return unfit(type);
  std::vector<wasmtime_component_valrecord_entry_t> entries(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    ValueType part;
    std::string_view name;
    if (!part_of(type, i, part, name)) return unfit(type);
    set_name(entries[i].name, name);
    if (auto lowered = lower(items[i], part.get(), entries[i].val); !lowered) {
      for (auto& entry : entries) {
        wasm_byte_vec_delete(&entry.name);
        wasmtime_component_val_delete(&entry.val);
      }
      return lowered;
    }
  }
  out.kind = WASMTIME_COMPONENT_RECORD;
  wasmtime_component_valrecord_new(&out.of.record, entries.size(), entries.data());
  return {};
}

Result<> lower_tuple(const Value& value, const TypeView& type, Raw& out) {
  const auto items = value.items();
  if (value.kind() != Kind::tuple || items.size() != part_count(type)) return unfit(type);
  std::vector<Raw> parts(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    ValueType part;
    std::string_view name;
    if (!part_of(type, i, part, name)) return unfit(type);
    if (auto lowered = lower(items[i], part.get(), parts[i]); !lowered) {
      for (Raw& item : parts) wasmtime_component_val_delete(&item);
      return lowered;
    }
  }
  out.kind = WASMTIME_COMPONENT_TUPLE;
  wasmtime_component_valtuple_new(&out.of.tuple, parts.size(), parts.data());
  return {};
}

Result<> lower_variant(const Value& value, const TypeView& type, Raw& out) {
  ValueType payload;
  const auto name = case_of(type, value.which(), payload);
  if (value.kind() != Kind::variant || !name || value.items().size() != (payload.set() ? 1U : 0U))
    return unfit(type);
  Raw* boxed = nullptr;
  if (payload.set()) TENON_TRY(lower_boxed(value.items()[0], payload.get(), boxed));
  out.kind = WASMTIME_COMPONENT_VARIANT;
  set_name(out.of.variant.discriminant, *name);
  out.of.variant.val = boxed;
  return {};
}

Result<> lower_result_value(const Value& value, const TypeView& type, Raw& out) {
  if (value.kind() != Kind::result || value.which() > 1) return unfit(type);
  ValueType payload;
  result_part(type, value.which(), payload);
  if (value.items().size() != (payload.set() ? 1U : 0U)) return unfit(type);
  Raw* boxed = nullptr;
  if (payload.set()) TENON_TRY(lower_boxed(value.items()[0], payload.get(), boxed));
  out.kind = WASMTIME_COMPONENT_RESULT;
  out.of.result = {value.which() == 0, boxed};
  return {};
}

Result<> lower_option(const Value& value, const TypeView& type, Raw& out) {
  if (value.kind() != Kind::option || value.items().size() > 1) return unfit(type);
  Raw* boxed = nullptr;
  if (!value.items().empty()) {
    ValueType payload;
    wasmtime_component_option_type_ty(type.of.option, payload.out());
    TENON_TRY(lower_boxed(value.items()[0], payload.get(), boxed));
  }
  out.kind = WASMTIME_COMPONENT_OPTION;
  out.of.option = boxed;
  return {};
}

Result<> lower_flags(const Value& value, const TypeView& type, Raw& out) {
  if (value.kind() != Kind::flags) return unfit(type);
  std::vector<std::string_view> names;
  for (std::size_t bit = 0; bit < 64; ++bit) {
    if ((value.number() >> bit & 1U) == 0) continue;
    const auto name = name_of(type, bit);
    if (!name) return unfit(type);
    names.push_back(*name);
  }
  std::vector<wasm_name_t> raw(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) set_name(raw[i], names[i]);
  out.kind = WASMTIME_COMPONENT_FLAGS;
  wasmtime_component_valflags_new(&out.of.flags, raw.size(), raw.data());
  return {};
}

Result<> lower(const Value& value, const TypeView& type, Raw& out) {
  using std::numeric_limits;
  switch (type.kind) {
    case WASMTIME_COMPONENT_VALTYPE_BOOL:
      if (value.kind() != Kind::boolean) return unfit(type);
      out.kind = WASMTIME_COMPONENT_BOOL;
      out.of.boolean = value.boolean();
      return {};
    case WASMTIME_COMPONENT_VALTYPE_U8:
      return lower_number(value, type, out, WASMTIME_COMPONENT_U8, 0xFF);
    case WASMTIME_COMPONENT_VALTYPE_U16:
      return lower_number(value, type, out, WASMTIME_COMPONENT_U16, 0xFFFF);
    case WASMTIME_COMPONENT_VALTYPE_U32:
      return lower_number(value, type, out, WASMTIME_COMPONENT_U32, 0xFFFF'FFFF);
    case WASMTIME_COMPONENT_VALTYPE_U64:
      return lower_number(value, type, out, WASMTIME_COMPONENT_U64,
                          numeric_limits<std::uint64_t>::max());
    case WASMTIME_COMPONENT_VALTYPE_S8:
      return lower_integer(value, type, out, WASMTIME_COMPONENT_S8, -128, 127);
    case WASMTIME_COMPONENT_VALTYPE_S16:
      return lower_integer(value, type, out, WASMTIME_COMPONENT_S16, -32'768, 32'767);
    case WASMTIME_COMPONENT_VALTYPE_S32:
      return lower_integer(value, type, out, WASMTIME_COMPONENT_S32,
                           numeric_limits<std::int32_t>::min(),
                           numeric_limits<std::int32_t>::max());
    case WASMTIME_COMPONENT_VALTYPE_S64:
      return lower_integer(value, type, out, WASMTIME_COMPONENT_S64,
                           numeric_limits<std::int64_t>::min(),
                           numeric_limits<std::int64_t>::max());
    case WASMTIME_COMPONENT_VALTYPE_F32:
      if (value.kind() != Kind::real) return unfit(type);
      out.kind = WASMTIME_COMPONENT_F32;
      out.of.f32 = static_cast<float>(value.real());
      return {};
    case WASMTIME_COMPONENT_VALTYPE_F64:
      if (value.kind() != Kind::real) return unfit(type);
      out.kind = WASMTIME_COMPONENT_F64;
      out.of.f64 = value.real();
      return {};
    case WASMTIME_COMPONENT_VALTYPE_CHAR:
      if (value.kind() != Kind::character || value.number() > 0x10FFFF ||
          (value.number() >= 0xD800 && value.number() <= 0xDFFF))
        return unfit(type);
      out.kind = WASMTIME_COMPONENT_CHAR;
      out.of.character = value.which();
      return {};
    case WASMTIME_COMPONENT_VALTYPE_STRING:
      if (value.kind() != Kind::text || !is_utf8(value.text())) return unfit(type);
      out.kind = WASMTIME_COMPONENT_STRING;
      set_name(out.of.string, value.text());
      return {};
    case WASMTIME_COMPONENT_VALTYPE_LIST:
      return lower_list(value, type, out);
    case WASMTIME_COMPONENT_VALTYPE_RECORD:
      return lower_record(value, type, out);
    case WASMTIME_COMPONENT_VALTYPE_TUPLE:
      return lower_tuple(value, type, out);
    case WASMTIME_COMPONENT_VALTYPE_VARIANT:
      return lower_variant(value, type, out);
    case WASMTIME_COMPONENT_VALTYPE_RESULT:
      return lower_result_value(value, type, out);
    case WASMTIME_COMPONENT_VALTYPE_OPTION:
      return lower_option(value, type, out);
    case WASMTIME_COMPONENT_VALTYPE_FLAGS:
      return lower_flags(value, type, out);
    case WASMTIME_COMPONENT_VALTYPE_ENUM: {
      const auto name = name_of(type, value.which());
      if (value.kind() != Kind::enumeration || !name) return unfit(type);
      out.kind = WASMTIME_COMPONENT_ENUM;
      set_name(out.of.enumeration, *name);
      return {};
    }
    default:
      return unfit(type);
  }
}

/// A payload or number as a value of `type`.
Value plain_value(const Reply& reply, const TypeView& type) {
  switch (type.kind) {
    case WASMTIME_COMPONENT_VALTYPE_STRING:
      return Value::text(reply.payload());
    case WASMTIME_COMPONENT_VALTYPE_LIST:
      return Value::bytes(reply.payload());
    case WASMTIME_COMPONENT_VALTYPE_BOOL:
      return Value::boolean(reply.number() != 0);
    case WASMTIME_COMPONENT_VALTYPE_ENUM:
      return Value::enumeration(static_cast<std::uint32_t>(reply.number()));
    default:
      return Value::number(reply.number());
  }
}

/// The failure as a value of the error type: text, or the record of kErrorType.
Value failure_value(const Failure& failure, const TypeView& type, ValueTree& tree) {
  if (type.kind == WASMTIME_COMPONENT_VALTYPE_STRING) return Value::text(failure.message);
  return tree.compound(Kind::record, {Value::enumeration(static_cast<std::uint32_t>(failure.code)),
                                      Value::text(failure.message), Value::text(failure.fields)});
}

Value result_value(const Reply& reply, const TypeView& type, ValueTree& tree) {
  const std::uint32_t which = reply.form() == Reply::Form::ok ? 0 : 1;
  ValueType payload;
  result_part(type, which, payload);
  std::vector<Value> items;
  if (payload.set()) {
    items.push_back(which == 0 ? plain_value(reply, payload.get())
                               : failure_value(reply.failure(), payload.get(), tree));
  }
  return tree.compound(Kind::result, std::move(items), which);
}

}  // namespace

Result<> lower_arguments(Arguments arguments, const wasmtime_component_func_type_t* type,
                         DynamicValues& out) {
  if (arguments.size() != wasmtime_component_func_type_param_count(type)) {
    return fail(Error(ErrorCode::invalid, "the arguments do not fit the type of the function")
                    .because("wasm.arguments"));
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const char* name = nullptr;
    std::size_t size = 0;
    ValueType parameter;
    if (!wasmtime_component_func_type_param_nth(type, i, &name, &size, parameter.out()))
      parameter.forget();
    if (parameter.set()) TENON_TRY(lower(arguments[i], parameter.get(), out.add()));
  }
  return {};
}

Result<> lower_reply(const Reply& reply, const wasmtime_component_func_type_t* type,
                     wasmtime_component_val_t& out) {
  ValueType result;
  if (!wasmtime_component_func_type_result(type, result.out())) {
    result.forget();
    return {};
  }
  ValueTree tree;
  switch (reply.form()) {
    case Reply::Form::plain:
      return lower(plain_value(reply, result.get()), result.get(), out);
    case Reply::Form::ok:
    case Reply::Form::failed:
      if (result.get().kind != WASMTIME_COMPONENT_VALTYPE_RESULT) return unfit(result.get());
      return lower(result_value(reply, result.get(), tree), result.get(), out);
    case Reply::Form::tree:
      return lower(reply.tree()->root, result.get(), out);
    case Reply::Form::trap:
      break;
  }
  return unfit(result.get());
}

}  // namespace tenon::wasm
