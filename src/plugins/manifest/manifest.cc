#include "plugins/manifest/manifest.h"

#include <algorithm>
#include <array>

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kContracts = {"v0"sv, "v1.0"sv};
constexpr std::array kLevels = {"self"sv, "department"sv, "department_tree"sv, "all"sv};
constexpr std::array kMethods = {"GET"sv, "POST"sv, "PUT"sv, "PATCH"sv, "DELETE"sv};
constexpr std::array kFieldTypes = {"string"sv,    "text"sv,    "integer"sv,  "decimal"sv,
                                    "money"sv,     "boolean"sv, "date"sv,     "datetime"sv,
                                    "uuid"sv,      "json"sv,    "select"sv,   "multi_select"sv,
                                    "reference"sv, "file"sv,    "sequence"sv, "computed"sv};

template <class Range, class Key, class Projection>
auto find_by(const Range& range, const Key& key, Projection projection) -> decltype(range.data()) {
  auto found = std::ranges::find(range, key, projection);
  return found == range.end() ? nullptr : &*found;
}

bool matches(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with(".*")) return pattern == type;
  pattern.remove_suffix(1);
  return type.size() > pattern.size() && type.starts_with(pattern);
}

}  // namespace

const data::Entity* Manifest::find_entity(std::string_view name) const noexcept {
  return find_by(entities, name, &data::Entity::name);
}

const Permission* Manifest::find_permission(std::string_view code) const noexcept {
  return find_by(permissions, code, &Permission::code);
}

const Action* Manifest::find_action(std::string_view name) const noexcept {
  return find_by(actions, name, &Action::name);
}

bool Manifest::has_hook(std::string_view entity, HookPoint point) const noexcept {
  return std::ranges::any_of(
      hooks, [&](const Hook& hook) { return hook.entity == entity && hook.point == point; });
}

bool Manifest::subscribes_to(std::string_view type) const noexcept {
  return std::ranges::any_of(subscribe,
                             [&](const std::string& pattern) { return matches(pattern, type); });
}

std::string_view to_string(Contract contract) noexcept {
  return kContracts[static_cast<std::size_t>(contract)];
}
std::string_view to_string(DataScopeLevel level) noexcept {
  return kLevels[static_cast<std::size_t>(level)];
}
std::string_view to_string(HookPoint) noexcept { return "before-save"; }
std::string_view to_string(RouteMethod method) noexcept {
  return kMethods[static_cast<std::size_t>(method)];
}
std::string_view to_string(PageKind) noexcept { return "crud"; }
std::string_view to_string(data::FieldType type) noexcept {
  return kFieldTypes[static_cast<std::size_t>(type)];
}

}  // namespace tenon::plugins
