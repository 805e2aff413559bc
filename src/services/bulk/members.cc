#include "services/bulk/members.h"

#include <algorithm>

namespace tenon::services {

const json::value* Members::find(std::string_view name) {
  known_.push_back(name);
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Members::wrong(std::string_view name, std::string code, std::string message) {
  wrong_.push_back({path_ + "/" + std::string(name), std::move(code), std::move(message)});
}

std::optional<std::string> Members::text(std::string_view name, std::size_t longest) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    wrong(name, "type", "A text is expected.");
    return std::nullopt;
  }
  if (value->get_string().size() > longest) {
    wrong(name, "max_length", "At most " + std::to_string(longest) + " bytes are allowed.");
    return std::nullopt;
  }
  return std::string(value->get_string());
}

std::string Members::word(std::string_view name, std::span<const std::string_view> words,
                          std::string_view fallback) {
  const auto said = text(name);
  if (!said) return std::string(fallback);
  if (std::ranges::find(words, *said) != words.end()) return *said;
  std::string all;
  for (const auto one : words) all.append(all.empty() ? "" : ", ").append(one);
  wrong(name, "option", "One of " + all + " is expected.");
  return std::string(fallback);
}

bool Members::boolean(std::string_view name, bool fallback) {
  const auto* value = find(name);
  if (value == nullptr) return fallback;
  if (value->is_bool()) return value->get_bool();
  wrong(name, "type", "true or false is expected.");
  return fallback;
}

std::vector<std::string> Members::texts(std::string_view name, std::size_t most) {
  std::vector<std::string> list;
  const auto* value = find(name);
  if (value == nullptr) return list;
  if (!value->is_array() || value->get_array().size() > most) {
    wrong(name, "type", "A list of at most " + std::to_string(most) + " texts is expected.");
    return list;
  }
  for (const auto& item : value->get_array()) {
    if (item.is_string())
      list.emplace_back(item.get_string());
    else
      wrong(name, "type", "A list of texts is expected.");
  }
  return list;
}

std::vector<const json::object*> Members::objects(std::string_view name, std::size_t most) {
  std::vector<const json::object*> list;
  const auto* value = find(name);
  if (value == nullptr) return list;
  if (!value->is_array() || value->get_array().size() > most) {
    wrong(name, "type", "A list of at most " + std::to_string(most) + " objects is expected.");
    return list;
  }
  for (const auto& item : value->get_array()) {
    if (item.is_object())
      list.push_back(&item.get_object());
    else
      wrong(name, "type", "A list of objects is expected.");
  }
  return list;
}

void Members::take(std::vector<FieldError> wrong) {
  for (auto& one : wrong) wrong_.push_back(std::move(one));
}

std::vector<FieldError> Members::end() {
  for (const auto& [name, value] : object_)
    if (std::ranges::find(known_, std::string_view(name)) == known_.end())
      wrong(std::string_view(name).substr(0, 64), "unknown", "There is no such member here.");
  return std::move(wrong_);
}

Result<> Members::finish() {
  auto all = end();
  if (all.empty()) return {};
  return fail(Error(ErrorCode::invalid, "Some members of the body are wrong.")
                  .because("data.fields")
                  .with_fields(std::move(all)));
}

}  // namespace tenon::services
