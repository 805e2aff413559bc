#include "api/fields.h"

#include <algorithm>
#include <charconv>

namespace tenon::api {

const json::value* Fields::find(std::string_view name) {
  known_.push_back(name);
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> Fields::read(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->get_string());
  wrong(name, "type", "is a text");
  return std::nullopt;
}

std::string Fields::text(std::string_view name) { return read(name).value_or(std::string()); }

std::string Fields::required(std::string_view name) {
  auto value = read(name);
  const auto missing = !object_.contains(name) || object_.at(name).is_null();
  if (missing || (value && value->empty())) wrong(name, "required", "must be filled in");
  return std::move(value).value_or(std::string());
}

std::optional<std::string> Fields::change(std::string_view name) {
  const bool there = object_.contains(name);
  auto value = read(name);
  if (!value && there) return std::string();
  return value;
}

bool Fields::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return false;
  if (value->is_bool()) return value->get_bool();
  wrong(name, "type", "is true or false");
  return false;
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name) {
  const auto* all = list(name);
  if (all == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& value : *all) {
    if (!value.is_string()) {
      wrong(name, "type", "is a list of texts");
      return std::nullopt;
    }
    texts.emplace_back(value.get_string());
  }
  return texts;
}

const json::array* Fields::list(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (value->is_array()) return &value->get_array();
  wrong(name, "type", "is a list");
  return nullptr;
}

const json::object* Fields::object(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (value->is_object()) return &value->get_object();
  wrong(name, "type", "is an object");
  return nullptr;
}

void Fields::wrong(std::string_view name, std::string_view code, std::string_view text) {
  errors_.push_back({"/" + std::string(name), std::string(code), std::string(text)});
}

Result<> Fields::done() {
  for (const auto& [key, value] : object_)
    if (std::ranges::find(known_, std::string_view(key)) == known_.end())
      wrong(std::string_view(key).substr(0, 64), "unknown_field", "There is no such field.");
  if (errors_.empty()) return {};
  return fail(Error(ErrorCode::invalid,
                    errors_.size() == 1 ? "A field is wrong." : "Some fields are wrong.")
                  .because("schema.fields")
                  .with_fields(std::move(errors_)));
}

Result<std::optional<std::uint64_t>> if_match(const http::Request& request) {
  const auto header = request.header("If-Match");
  if (!header || *header == "*") return std::optional<std::uint64_t>();
  std::string_view text = *header;
  std::uint64_t version = 0;
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error == std::errc{} && end == text.data() + text.size()) return std::optional(version);
  }
  return fail(Error(ErrorCode::invalid, "If-Match wants one entity tag, as \"7\"")
                  .because("http.if_match"));
}

}  // namespace tenon::api
