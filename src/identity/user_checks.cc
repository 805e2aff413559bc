#include "identity/user_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace tenon::identity {

void FieldCheck::add(std::string_view field, std::string_view code, std::string_view text) {
  errors_.push_back({fmt::format("/{}", field), std::string(code), std::string(text)});
}

void FieldCheck::text(std::string_view field, const std::string& value, std::size_t least,
                      std::size_t most) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (value.size() < least) return add(field, "required", "must be filled in");
  if (value.size() > most)
    return add(field, "max_length", fmt::format("has at most {} bytes", most));
  if (!utf8::is_valid(value) || std::ranges::any_of(value, is_control) || value.starts_with(' ') ||
      value.ends_with(' '))
    add(field, "format", "has no control characters and no blanks around it");
}

void FieldCheck::email(const std::string& value) {
  if (value.empty()) return;
  text("email", value, 0, 254);
  const auto at = value.find('@');
  const bool good = at != std::string::npos && at > 0 && at + 1 < value.size() &&
                    value.find('@', at + 1) == std::string::npos &&
                    value.find(' ') == std::string::npos;
  if (!good) add("email", "format", "is no e-mail address");
}

void FieldCheck::locale(const std::string& value) {
  if (value != "zh-CN" && value != "en") add("locale", "option", "is zh-CN or en");
}

Result<> FieldCheck::done() {
  if (errors_.empty()) return {};
  return fail(Error(ErrorCode::invalid,
                    errors_.size() == 1 ? "A field is wrong." : "Some fields are wrong.")
                  .because("schema.fields")
                  .with_fields(std::move(errors_)));
}

}  // namespace tenon::identity
