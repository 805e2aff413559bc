#pragma once
// Preferences and saved views of one user of a tenant, each change durable and in the audit.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/personal/preferences.h"
#include "data/personal/views.h"
#include "data/tenant.h"

namespace tenon::data {

/// Who asks, for the audit.
struct PersonalOrigin {
  UserId user;
  std::optional<TraceId> trace;
};

/// Thread: any; reads run on the caller's (act.h says which that may be). Errors: those of the
/// functions of the same name in preferences.h and views.h, and of the database.
class Personal {
 public:
  /// Lifetime: clock and random outlive it.
  Personal(std::shared_ptr<Tenant> tenant, PersonalOrigin origin, const Clock& clock,
           Random& random)
      : tenant_(std::move(tenant)), origin_(origin), clock_(clock), random_(random) {}

  [[nodiscard]] Result<std::string> preferences(Deadline deadline);
  [[nodiscard]] Task<> change_preferences(json::object changes, Deadline deadline);

  [[nodiscard]] Result<std::vector<SavedView>> views(std::string_view entity, Deadline deadline);
  [[nodiscard]] Result<SavedView> view(ViewId id, Deadline deadline);
  /// Gives it an id and version 1.
  [[nodiscard]] Task<SavedView> save_view(ViewFields fields, Deadline deadline);
  [[nodiscard]] Task<SavedView> change_view(ViewId id, json::object changes,
                                            std::optional<std::uint64_t> expected,
                                            Deadline deadline);
  [[nodiscard]] Task<> erase_view(ViewId id, std::optional<std::uint64_t> expected,
                                  Deadline deadline);

 private:
  struct Change;
  [[nodiscard]] Result<storage::ReadLease> reader(Deadline deadline);
  [[nodiscard]] Result<> note(storage::Session& session, const Change& change) const;

  std::shared_ptr<Tenant> tenant_;  // shared: kept open for as long as this is used
  PersonalOrigin origin_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace tenon::data
