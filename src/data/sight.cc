#include "data/sight.h"

#include <fmt/format.h>

#include <array>

#include "data/names.h"

namespace tenon::data {
namespace {

constexpr std::array<std::string_view, 5> kScopes = {"none", "self", "department",
                                                     "department_tree", "all"};

const Access& everything() noexcept {
  static const Access access;
  return access;
}

bool names(const std::vector<std::string>& list, std::string_view name) noexcept {
  return std::ranges::find(list, name) != list.end();
}

}  // namespace

std::string_view to_string(Scope scope) noexcept {
  return kScopes[static_cast<std::size_t>(scope)];
}

std::optional<Scope> scope_from(std::string_view word) noexcept {
  const auto* found = std::ranges::find(kScopes, word);
  if (found == kScopes.end()) return std::nullopt;
  return static_cast<Scope>(found - kScopes.begin());
}

Sight::Sight(const EntityInfo& entity, const Viewer& viewer) noexcept
    : entity_(&entity),
      viewer_(&viewer),
      access_(viewer.rights == nullptr ? &everything() : &viewer.rights->on(entity.full_name())) {}

bool Sight::readable(std::size_t column) const noexcept {
  return column == 0 || whole() || !names(access_->hidden, entity_->columns()[column].name);
}

std::optional<std::size_t> Sight::find(std::string_view name) const noexcept {
  const auto found = entity_->find(name);
  return found && readable(*found) ? found : std::nullopt;
}

Result<std::size_t> Sight::column(std::string_view name, std::string_view place) const {
  if (const auto found = find(name)) return *found;
  std::vector<std::string_view> known;
  for (const auto column : columns()) known.push_back(entity_->columns()[column].name);
  return fail(entity_->unknown(name, place, known));
}

std::vector<std::size_t> Sight::columns() const {
  std::vector<std::size_t> all;
  all.reserve(entity_->columns().size());
  for (std::size_t i = 0; i < entity_->columns().size(); ++i)
    if (readable(i)) all.push_back(i);
  return all;
}

Result<> Sight::check_change(const Uuid& owner, const Uuid& department) const {
  const auto in_tree = [&] {
    return std::ranges::find(viewer_->departments, DepartmentId{department}) !=
           viewer_->departments.end();
  };
  bool may = false;
  switch (access_->change) {
    case Scope::all:
      return {};
    case Scope::none:
      break;
    case Scope::self:
      may = viewer_->user && !owner.is_nil() && viewer_->user->value == owner;
      break;
    case Scope::department:
      may = viewer_->department && !department.is_nil() && viewer_->department->value == department;
      break;
    case Scope::department_tree:
      may = !department.is_nil() && in_tree();
      break;
  }
  if (may) return {};
  return fail(Error(ErrorCode::denied,
                    fmt::format("You may see this record, and change {} only; ask an administrator "
                                "for a wider scope.",
                                access_->change == Scope::self   ? "your own"
                                : access_->change == Scope::none ? "none"
                                                                 : "those of your own department"))
                  .because("data.scope"));
}

Result<> Sight::check_written(const json::object& fields) const {
  if (whole() && access_->locked.empty()) return {};
  std::vector<FieldError> errors;
  for (const auto& [key, value] : fields) {
    const std::string_view name(key.data(), key.size());
    const auto path = fmt::format("/{}", name.substr(0, 64));
    if (!entity_->find(name)) continue;  // told with the other wrong fields
    if (!find(name)) {
      std::vector<std::string_view> known;
      for (const auto column : columns()) known.push_back(entity_->columns()[column].name);
      errors.push_back({path, "unknown", "There is no such field." + suggestion(name, known)});
    } else if (names(access_->locked, name)) {
      errors.push_back({path, "read_only", "You may not change this field."});
    }
  }
  if (errors.empty()) return {};
  return fail(
      Error(ErrorCode::invalid, errors.size() == 1 ? "A field is wrong." : "Some fields are wrong.")
          .because("data.fields")
          .with_fields(std::move(errors)));
}

}  // namespace tenon::data
