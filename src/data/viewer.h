#pragma once
// Who looks, and on whose behalf something is written. Every read and every write carries one;
// there is no read without. What a viewer may see is said per entity: which rows, and which columns
// not. The planner turns it into predicates below the question, so that no path can forget it.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"

namespace tenon::data {

/// Which rows of an entity a viewer may see. Each is one comparison with one column, so that an
/// index can serve it.
enum class Scope : std::uint8_t {
  none,             // no row
  self,             // `owner` is the viewer
  department,       // `department` is the viewer's own
  department_tree,  // `department` is one of the subtree of the viewer's own
  all,
};

/// The word of a scope in manifests and JSON (`department_tree`), and back.
[[nodiscard]] std::string_view to_string(Scope scope) noexcept;
[[nodiscard]] std::optional<Scope> scope_from(std::string_view word) noexcept;

/// What a viewer may do with one entity.
struct Access {
  Scope scope = Scope::all;
  std::vector<std::string> hidden;  // columns that do not exist for this viewer
  std::vector<std::string> locked;  // columns that can be read but not written
  Scope change = Scope::all;        // which of the rows that it sees it may also change
};

/// Departments of one subtree at most; a larger one is refused, never cut.
inline constexpr std::size_t kMaxDepartments = 256;

/// Says what a viewer may do with each entity. Immutable. Thread: any.
class Rights {
 public:
  virtual ~Rights() = default;
  /// `entity` is the full name, `crm.customer`. Lifetime: of the Rights.
  [[nodiscard]] virtual const Access& on(std::string_view entity) const noexcept = 0;
  /// Whether the viewer holds a permission that is about no rows (`crm.order.confirm`).
  [[nodiscard]] virtual bool holds(std::string_view /*permission*/) const noexcept { return false; }
};

/// Rights as a table; what it does not name is out of reach.
class RightsTable final : public Rights {
 public:
  explicit RightsTable(std::map<std::string, Access, std::less<>> entities,
                       Access otherwise = {.scope = Scope::none, .hidden = {}, .locked = {}})
      : entities_(std::move(entities)), otherwise_(std::move(otherwise)) {}
  [[nodiscard]] const Access& on(std::string_view entity) const noexcept override {
    const auto found = entities_.find(entity);
    return found == entities_.end() ? otherwise_ : found->second;
  }

 private:
  std::map<std::string, Access, std::less<>> entities_;
  Access otherwise_;
};

struct Viewer {
  std::optional<UserId> user;              // empty: the system itself
  std::optional<DepartmentId> department;  // the user's own
  std::vector<DepartmentId> departments;   // its subtree, with itself
  std::shared_ptr<const Rights> rights;  // shared by the requests of one session; null: everything
};

/// Where a write comes from; goes to the outbox and to the audit.
struct Origin {
  std::string plugin;                  // id of the plugin that acts; empty: the platform
  std::optional<TraceId> trace;        // of the request
  std::optional<EventId> correlation;  // first event of the chain; empty starts a chain
  std::optional<EventId> causation;    // event that is being handled
  std::uint32_t hop = 0;               // of that event; loops stop at kMaxHops
};

inline constexpr std::uint32_t kMaxHops = 8;

}  // namespace tenon::data
