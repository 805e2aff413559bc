#include "tenon/plugin/json.h"

#include <charconv>

#define TENON_SMALL [[gnu::noinline]]

namespace tenon::plugin {

TENON_SMALL Json::Json() = default;
TENON_SMALL Json::Json(const Json& other) = default;
TENON_SMALL Json::Json(Json&& other) noexcept = default;
TENON_SMALL Json& Json::operator=(const Json& other) = default;
TENON_SMALL Json& Json::operator=(Json&& other) noexcept = default;
TENON_SMALL Json::~Json() = default;
TENON_SMALL Json::Json(std::string_view text) : kind_(Kind::string), text_(text) {}
TENON_SMALL Json::Json(std::string text) : kind_(Kind::string), text_(std::move(text)) {}

Json Json::integer(std::int64_t value) {
  char digits[20];
  char* first = std::end(digits);
  // Through unsigned, so that the smallest value has a magnitude too.
  auto magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  do {
    *--first = static_cast<char>('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude != 0);
  if (value < 0) *--first = '-';
  return number({first, static_cast<std::size_t>(std::end(digits) - first)});
}

Json Json::number(std::string_view digits) {
  Json json(digits);
  json.kind_ = Kind::number;
  return json;
}

Json Json::array(std::initializer_list<Json> items) {
  Json json;
  json.kind_ = Kind::array;
  json.items_ = items;
  return json;
}

Json Json::object(std::initializer_list<Member> members) {
  Json json;
  json.kind_ = Kind::object;
  for (const auto& [name, value] : members) json.set(name, value);
  return json;
}

std::optional<std::int64_t> Json::to_integer() const {
  std::int64_t value = 0;
  const char* end = text_.data() + text_.size();
  const auto [stop, problem] = std::from_chars(text_.data(), end, value);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

const Json* Json::find(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == name) return &items_[i];
  return nullptr;
}

Json* Json::find(std::string_view name) {
  return const_cast<Json*>(std::as_const(*this).find(name));
}

const Json& Json::operator[](std::string_view name) const {
  static const Json kNull;
  const Json* found = find(name);
  return found != nullptr ? *found : kNull;
}

void Json::set(std::string_view name, Json value) {
  kind_ = Kind::object;
  if (Json* found = find(name)) {
    *found = std::move(value);
    return;
  }
  names_.emplace_back(name);
  items_.push_back(std::move(value));
}

void Json::push(Json value) {
  kind_ = Kind::array;
  items_.push_back(std::move(value));
}

}  // namespace tenon::plugin
