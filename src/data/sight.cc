#include "data/sight.h"

#include <fmt/format.h>

#include "data/names.h"

namespace tenon::data {
namespace {

const Access& everything() noexcept {
  static const Access access;
  return access;
}

bool names(const std::vector<std::string>& list, std::string_view name) noexcept {
  return std::ranges::find(list, name) != list.end();
}

}  // namespace

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
