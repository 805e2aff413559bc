#pragma once
// One entity as one viewer sees it. Whoever turns a name into a column, or a row into an answer,
// goes through here, so that a hidden column answers exactly like one that does not exist.

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/catalog.h"
#include "data/viewer.h"

namespace tenon::data {

/// Lifetime: borrows the entity and the viewer. Cheap to copy.
class Sight {
 public:
  Sight(const EntityInfo& entity, const Viewer& viewer) noexcept;

  [[nodiscard]] const EntityInfo& entity() const noexcept { return *entity_; }
  [[nodiscard]] const Viewer& viewer() const noexcept { return *viewer_; }
  [[nodiscard]] Scope scope() const noexcept { return access_->scope; }
  /// Whether every column may be read.
  [[nodiscard]] bool whole() const noexcept { return access_->hidden.empty(); }
  [[nodiscard]] bool readable(std::size_t column) const noexcept;
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept;
  /// As find(), or the `invalid` error of EntityInfo::column, which suggests readable columns only.
  [[nodiscard]] Result<std::size_t> column(std::string_view name, std::string_view place) const;
  [[nodiscard]] std::vector<std::size_t> columns() const;

  /// Whether this viewer may change a row it sees, whose owner and department are these (nil:
  /// none). Errors: denied (`data.scope`).
  [[nodiscard]] Result<> check_change(const Uuid& owner, const Uuid& department) const;

  /// Whether a client may send these fields. Errors: invalid (`data.fields`): a hidden one is
  /// `unknown`, a locked one `read_only`.
  [[nodiscard]] Result<> check_written(const json::object& fields) const;

 private:
  const EntityInfo* entity_;
  const Viewer* viewer_;
  const Access* access_;
};

}  // namespace tenon::data
