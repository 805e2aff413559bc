#include <algorithm>
#include <string>

#include "base/json.h"
#include "plugins/manifest/codes.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
namespace {

using data::FieldType;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `-12.50`, with at most `scale` digits behind the point and 18 in all.
bool is_decimal(std::string_view text, std::size_t scale) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto point = std::min(text.find('.'), text.size());
  const auto whole = text.substr(0, point);
  const auto part = point < text.size() ? text.substr(point + 1) : std::string_view();
  if (whole.empty() || (point < text.size() && part.empty())) return false;
  return part.size() <= scale && whole.size() + scale <= 18 &&
         std::ranges::all_of(whole, is_digit) && std::ranges::all_of(part, is_digit);
}

/// The form `0000-00-00` and the like: 0 stands for a digit.
bool has_form(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::ranges::equal(text, form, [](char c, char f) {
           return f == '0' ? is_digit(c) : c == f;
         });
}

bool is_date(std::string_view text) {
  if (!has_form(text, "0000-00-00")) return false;
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  const int year = number(0) * 100 + number(2);
  const int month = number(5);
  const int day = number(8);
  if (month < 1 || month > 12 || day < 1) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

bool is_datetime(std::string_view text) {
  if (text.size() < 20 || !is_date(text.substr(0, 10)) || (text[10] != 'T' && text[10] != ' '))
    return false;
  if (!has_form(text.substr(11, 8), "00:00:00") || text.substr(11, 2) > "23" ||
      text.substr(14, 2) > "59" || text.substr(17, 2) > "59")
    return false;
  auto rest = text.substr(19);
  if (rest.starts_with('.')) {
    std::size_t digits = 1;
    while (digits < rest.size() && is_digit(rest[digits])) ++digits;
    if (digits < 2 || digits > 7) return false;
    rest.remove_prefix(digits);
  }
  return rest == "Z" || has_form(rest, "+00:00") || has_form(rest, "-00:00");
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

json::value to_json(const TomlValue& value) {
  switch (value.kind) {
    case TomlKind::integer:
      return value.integer;
    case TomlKind::real:
      return value.real;
    case TomlKind::boolean:
      return value.boolean;
    case TomlKind::array: {
      json::array list;
      for (const auto& item : value.items) list.push_back(to_json(item));
      return list;
    }
    case TomlKind::table: {
      json::object object;
      for (const auto& member : value.members) object[member.key] = to_json(member.value);
      return object;
    }
    default:
      return json::value(value.text);
  }
}

/// One text for one value of the field, checked; the caller says what is wrong with it.
class ValueReader {
 public:
  ValueReader(const Spot& spot, std::string_view what, const data::Field& field, IssueList& issues)
      : spot_(spot), what_(what), field_(field), issues_(issues) {}

  std::optional<json::value> read(const TomlValue& value) {
    switch (field_.type) {
      case FieldType::string:
      case FieldType::text:
        return expect(value, value.kind == TomlKind::text, "text");
      case FieldType::integer:
        return expect(value, value.kind == TomlKind::integer, "an integer");
      case FieldType::boolean:
        return expect(value, value.kind == TomlKind::boolean, "true or false");
      case FieldType::decimal:
      case FieldType::money:
        return decimal(value);
      case FieldType::date:
        return expect(
            value,
            value.kind == TomlKind::date || (value.kind == TomlKind::text && is_date(value.text)),
            "a date such as \"2026-01-31\"");
      case FieldType::datetime:
        return expect(value,
                      (value.kind == TomlKind::datetime || value.kind == TomlKind::text) &&
                          is_datetime(value.text),
                      "a time with its zone such as \"2026-01-31T12:00:00Z\"");
      case FieldType::uuid:
        return expect(value, value.kind == TomlKind::text && is_uuid(value.text),
                      "a lower-case UUID");
      case FieldType::select:
        return option(value);
      case FieldType::multi_select:
        return options(value);
      default:
        return to_json(value);
    }
  }

 private:
  std::nullopt_t refuse(std::string message, std::string hint = {}) {
    issues_.add(spot_, codes::kDefault, std::move(message), std::move(hint));
    return std::nullopt;
  }

  std::optional<json::value> expect(const TomlValue& value, bool fits, std::string_view expected) {
    if (fits) return to_json(value);
    return refuse(quoted(what_) + " of type " + std::string(to_string(field_.type)) + " is " +
                  std::string(expected));
  }

  std::optional<json::value> decimal(const TomlValue& value) {
    const auto text = value.kind == TomlKind::integer ? std::to_string(value.integer) : value.text;
    const bool fits = (value.kind == TomlKind::integer || value.kind == TomlKind::text) &&
                      is_decimal(text, field_.scale);
    if (fits) return json::value(text);
    return refuse(
        quoted(what_) + " of type " + std::string(to_string(field_.type)) +
            " is a text such as \"12.5\" with at most " + std::to_string(field_.scale) +
            " digits behind the point",
        value.kind == TomlKind::real ? "write it in quotes: floating-point numbers round" : "");
  }

  std::optional<json::value> option(const TomlValue& value) {
    const auto known = names_of(field_.options, &data::Option::value);
    if (value.kind == TomlKind::text && std::ranges::find(known, value.text) != known.end())
      return json::value(value.text);
    return refuse(quoted(what_) + " is the value of an option", did_you_mean(value.text, known));
  }

  std::optional<json::value> options(const TomlValue& value) {
    if (value.kind != TomlKind::array) return refuse(quoted(what_) + " is an array of options");
    for (const auto& item : value.items)
      if (!option(item)) return std::nullopt;
    return to_json(value);
  }

  const Spot& spot_;
  std::string_view what_;
  const data::Field& field_;
  IssueList& issues_;
};

}  // namespace

std::optional<std::string> read_value(const TomlValue& value, const Spot& spot,
                                      std::string_view what, const data::Field& field,
                                      IssueList& issues) {
  const auto read = ValueReader(spot, what, field, issues).read(value);
  if (!read) return std::nullopt;
  return json::serialize(*read);
}

}  // namespace tenon::plugins
