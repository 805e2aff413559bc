#include "customer.h"

#include "tenon/plugin/text.h"

namespace crm {

using tenon::plugin::Change;
using tenon::plugin::Json;
using tenon::plugin::Operation;

namespace {

namespace text = tenon::plugin::text;

constexpr std::string_view kTextFields[] = {"name", "city", "contact_name", "website"};

/// The given text of a field in its stored form, null when nothing is left of it. Gives nothing
/// when the caller gave no text for the field: another type is the host's to refuse.
template <class Function>
void replace(Change& change, std::string_view field, Function function) {
  Json* given = change.after.find(field);
  if (given == nullptr || !given->is_string()) return;
  std::string stored = function(text::collapse_spaces(text::to_half_width(given->text())));
  *given = stored.empty() ? Json() : Json(std::move(stored));
}

std::string unchanged(std::string value) { return value; }

bool is_positive(std::string_view amount) {
  return !amount.starts_with('-') && amount.find_first_of("123456789") != std::string_view::npos;
}

bool is_email(std::string_view value) {
  const auto at = value.find('@');
  if (at == 0 || at == std::string_view::npos) return false;
  const auto domain = value.substr(at + 1);
  return domain.find('@') == domain.npos && value.find(' ') == value.npos &&
         domain.find('.') != domain.npos && !domain.starts_with('.') && !domain.ends_with('.') &&
         domain.find("..") == domain.npos;
}

bool is_all_digits(std::string_view value) {
  return value.find_first_not_of("0123456789") == value.npos;
}

/// Three or four digits of an area code and seven or eight of a line.
bool is_landline(std::string_view area, std::string_view line) {
  return area.starts_with('0') && (area.size() == 3 || area.size() == 4) && is_all_digits(area) &&
         (line.size() == 7 || line.size() == 8) && is_all_digits(line);
}

}  // namespace

std::string normalise_phone(std::string_view given) {
  std::string kept;
  for (const char c : given) {
    const bool is_mark = c == '(' || c == ')' || c == '-' || c == '.' || c == '/';
    if (is_mark && !kept.empty() && kept.back() != '-')
      kept += '-';
    else if ((c >= '0' && c <= '9') || (c == '+' && kept.empty()))
      kept += c;
    else if (!is_mark && c != ' ')
      return {};
  }
  std::string_view number = kept;
  for (const std::string_view country : {"+86", "0086"})
    if (number.starts_with(country)) {
      number.remove_prefix(country.size());
      break;
    }
  while (number.starts_with('-')) number.remove_prefix(1);
  while (number.ends_with('-')) number.remove_suffix(1);

  const std::string digits = text::digits(number);
  const auto dash = number.find('-');
  if (number.starts_with('+')) return {};
  if (digits.size() == 11 && digits[0] == '1' && digits[1] >= '3') return digits;
  if (digits.size() == 10 && (digits.starts_with("400") || digits.starts_with("800")))
    return digits;
  if (dash != number.npos) {
    const auto area = number.substr(0, dash);
    const std::string line = text::digits(number.substr(dash));
    return is_landline(area, line) ? std::string(area) + '-' + line : std::string();
  }
  const bool fits = digits.starts_with('0') && digits.size() >= 10 && digits.size() <= 12;
  return fits ? digits : std::string();
}

std::string name_key(std::string_view name) {
  std::string key;
  for (const char c : text::to_lower(text::to_half_width(name))) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
    if (is_letter) key += c;
  }
  return key;
}

std::vector<Problem> normalise(Change& change) {
  std::vector<Problem> problems;
  for (const auto field : kTextFields) replace(change, field, unchanged);
  replace(change, "code", [](const std::string& value) { return text::to_upper(value); });
  replace(change, "address", unchanged);

  replace(change, "phone", [&](const std::string& value) {
    std::string stored = normalise_phone(value);
    if (stored.empty() && !value.empty()) problems.push_back(Problem::phone_format);
    return stored;
  });
  replace(change, "email", [&](const std::string& value) {
    if (!value.empty() && !is_email(value)) problems.push_back(Problem::email_format);
    return text::to_lower(value);
  });

  const Json* name = change.after.find("name");
  if (name == nullptr ? change.operation == Operation::insert : name->is_null())
    problems.push_back(Problem::name_missing);
  else if (name != nullptr && name->is_string())
    change.after.set("name_key", name_key(name->text()));

  if (change.value("level").text() == "D" && is_positive(change.value("credit_limit").text()))
    problems.push_back(Problem::credit_without_level);
  return problems;
}

}  // namespace crm
