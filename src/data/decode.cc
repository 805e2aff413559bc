#include "data/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/utf8.h"
#include "data/fields/time.h"
#include "data/names.h"

namespace tenon::data {
namespace {

using Decoded = std::expected<Value, Reason>;

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

Decoded from(std::expected<std::int64_t, Reason> number) {
  if (!number) return std::unexpected(std::move(number.error()));
  return Value(*number);
}

Decoded within(const Rules& rules, Decoded value, auto&& show) {
  if (!value) return value;
  const auto number = std::get<std::int64_t>(*value);
  if (rules.minimum && number < *rules.minimum)
    return wrong("minimum", fmt::format("The least value is {}.", show(*rules.minimum)));
  if (rules.maximum && number > *rules.maximum)
    return wrong("maximum", fmt::format("The greatest value is {}.", show(*rules.maximum)));
  return value;
}

Decoded check_text(const Column& column, std::string_view raw) {
  if (raw.find('\0') != std::string_view::npos)
    return wrong("characters", "The character NUL cannot be stored.");
  if (column.type == FieldType::string && raw.find_first_of("\r\n") != std::string_view::npos)
    return wrong("characters", "One line is expected.");
  auto text = utf8::to_nfc(raw);
  if (utf8::count_code_points(text) > column.rules.max_length)
    return wrong("max_length",
                 fmt::format("At most {} characters are allowed.", column.rules.max_length));
  if (column.rules.pattern && !column.rules.pattern->matches(text))
    return wrong("pattern",
                 fmt::format("The text must match {}.", column.field->pattern.value_or("")));
  return text;
}

Decoded check_option(const Column& column, std::string_view text) {
  std::vector<std::string_view> known;
  for (const auto& option : column.field->options) known.push_back(option.value);
  if (std::ranges::find(known, text) != known.end()) return std::string(text);
  return wrong("option", fmt::format("\"{}\" is none of the options.{}", text.substr(0, 64),
                                     suggestion(text, known)));
}

Decoded check_options(const Column& column, const json::value& value) {
  const auto* list = value.if_array();
  if (list == nullptr) return wrong("type", "A list of texts is expected.");
  std::set<std::string_view> seen;
  for (const auto& item : *list) {
    const auto* text = item.if_string();
    if (text == nullptr) return wrong("type", "A list of texts is expected.");
    if (auto good = check_option(column, *text); !good) return good;
    if (!seen.insert(*text).second) return wrong("option", "An option is named twice.");
  }
  return json::serialize(value);
}

Decoded check_uuid(std::string_view text) {
  if (const auto uuid = Uuid::parse(text)) return *uuid;
  return wrong("type", "A UUID is expected.");
}

/// What the sender most likely wrote: the shortest text that reads as the same number. An exponent
/// makes it no decimal.
std::string shortest(double number) { return fmt::format("{}", number); }

Decoded decode_number(const Column& column, const json::value& value) {
  const bool whole = column.type == FieldType::integer;
  std::string text;
  if (const auto* number = value.if_int64())
    text = std::to_string(*number);
  else if (const auto* large = value.if_uint64())
    text = std::to_string(*large);
  else if (const auto* real = value.if_double(); real != nullptr && std::abs(*real) < 9e15)
    text = whole && std::trunc(*real) == *real ? fmt::format("{:.0f}", *real) : shortest(*real);
  else if (real != nullptr)
    return wrong("range", "The number is too large; send it as text.");
  else if (const auto* written = value.if_string(); written != nullptr && !whole)
    text = *written;
  else
    return wrong("type", whole ? "A whole number is expected."
                               : "A decimal number is expected, best as text.");
  if (whole)
    return within(column.rules, from(parse_integer(text)), [](auto bound) { return bound; });
  return within(column.rules, from(parse_decimal(text, column.scale)), [&](auto bound) {
    std::string shown;
    write_decimal(shown, bound, column.scale);
    return shown;
  });
}

Decoded decode_moment(const Column& column, std::string_view text) {
  const bool date = column.type == FieldType::date;
  return within(column.rules, from(date ? parse_date(text) : parse_datetime(text)),
                [&](auto bound) {
                  std::string shown;
                  date ? write_date(shown, bound) : write_datetime(shown, bound);
                  return shown;
                });
}

Decoded decode_document(const Column& column, const json::value& value) {
  auto text = json::serialize(value);
  if (text.size() > column.rules.max_length)
    return wrong("max_length",
                 fmt::format("At most {} bytes are allowed.", column.rules.max_length));
  if (text.find("\\u0000") != std::string::npos)
    return wrong("characters", "The character NUL cannot be stored.");
  return text;
}

}  // namespace

Decoded decode_json(const Column& column, const json::value& value) {
  if (value.is_null()) return Value();
  switch (column.type) {
    case FieldType::integer:
    case FieldType::decimal:
    case FieldType::money:
      return decode_number(column, value);
    case FieldType::boolean:
      if (const auto* truth = value.if_bool()) return Value(std::int64_t{*truth ? 1 : 0});
      return wrong("type", "true or false is expected.");
    case FieldType::json:
    case FieldType::computed:
      return decode_document(column, value);
    case FieldType::multi_select:
      return check_options(column, value);
    default:
      break;
  }
  const auto* text = value.if_string();
  if (text == nullptr) return wrong("type", "A text is expected.");
  switch (column.type) {
    case FieldType::date:
    case FieldType::datetime:
      return decode_moment(column, *text);
    case FieldType::uuid:
    case FieldType::reference:
    case FieldType::file:
      return check_uuid(*text);
    case FieldType::select:
      return check_option(column, *text);
    default:
      return check_text(column, *text);
  }
}

Decoded decode_text(const Column& column, std::string_view text) {
  switch (column.type) {
    case FieldType::integer:
      return from(parse_integer(text));
    case FieldType::decimal:
    case FieldType::money:
      return from(parse_decimal(text, column.scale));
    case FieldType::boolean:
      if (text == "true") return Value(std::int64_t{1});
      if (text == "false") return Value(std::int64_t{0});
      return wrong("type", "true or false is expected.");
    case FieldType::date:
      return from(parse_date(text));
    case FieldType::datetime:
      return from(parse_datetime(text));
    case FieldType::uuid:
    case FieldType::reference:
    case FieldType::file:
      return check_uuid(text);
    case FieldType::json:
    case FieldType::computed:
    case FieldType::multi_select:
      return wrong("operator", "This field can only be tested with is.null.");
    default:
      if (text.find('\0') != std::string_view::npos)
        return wrong("characters", "The character NUL is not allowed.");
      return utf8::to_nfc(text);
  }
}

Result<Assignments> decode_fields(const EntityInfo& entity, const json::object& fields,
                                  Change change, Author author) {
  Assignments assignments;
  std::vector<FieldError> errors;
  const auto complain = [&errors](std::string_view field, Reason reason) {
    errors.push_back({fmt::format("/{}", field.substr(0, 64)), std::move(reason.code),
                      std::move(reason.message)});
  };
  for (const auto& [key, value] : fields) {
    const std::string_view name(key.data(), key.size());
    if (entity.find(name)) continue;
    std::vector<std::string_view> known;
    for (const auto& column : entity.columns()) known.push_back(column.name);
    complain(name, {"unknown", "There is no such field." + suggestion(name, known)});
  }
  for (std::size_t i = 0; i < entity.columns().size(); ++i) {
    const auto& column = entity.columns()[i];
    const auto* value = fields.if_contains(column.name);
    const bool writable =
        column.writable || (author == Author::module && !column.system && !column.derived &&
                            column.type == FieldType::computed);
    if (value != nullptr && !writable) {
      complain(column.name, {"read_only", "This field is set by the system."});
      continue;
    }
    if (column.system || (value == nullptr && change == Change::update)) continue;
    auto decoded =
        value == nullptr ? Decoded(column.rules.default_value) : decode_json(column, *value);
    if (!decoded) {
      complain(column.name, std::move(decoded.error()));
      continue;
    }
    if (!column.nullable && is_null(*decoded))
      complain(column.name, {"required", "This field must be filled in."});
    assignments.emplace_back(i, std::move(*decoded));
  }
  if (errors.empty()) return assignments;
  return fail(
      Error(ErrorCode::invalid, errors.size() == 1 ? "A field is wrong." : "Some fields are wrong.")
          .because("data.fields")
          .with_fields(std::move(errors)));
}

}  // namespace tenon::data
