#pragma once
// People are told of what concerns them, and what concerns them is mostly a record. Whoever tells
// must not tell of what somebody may not see: who holds a right, and whether one of them sees a
// record at this moment, is asked here, by the same rights that his own requests have.

#include <memory>
#include <string_view>
#include <vector>

#include "data/tenant.h"
#include "identity/principal.h"
#include "storage/session.h"

namespace tenon::identity {

/// What a principal may see and holds, wherever no request of his is at hand.
class PrincipalRights final : public data::Rights {
 public:
  explicit PrincipalRights(std::shared_ptr<const Principal> principal)
      : principal_(std::move(principal)) {}
  [[nodiscard]] const data::Access& on(std::string_view entity) const noexcept override;
  [[nodiscard]] bool holds(std::string_view permission) const noexcept override {
    return principal_->has(permission);
  }

 private:
  std::shared_ptr<const Principal> principal_;  // shared with who made it
};

[[nodiscard]] data::Viewer viewer_of(std::shared_ptr<const Principal> principal);

/// Active users who hold `permission`, administrators among them; at most `limit`. Empty names
/// administrators alone.
[[nodiscard]] Result<std::vector<UserId>> holders_of(storage::Session& session,
                                                     std::string_view permission,
                                                     std::size_t limit);

/// Entity of a full name (`crm.customer`) whose module is enabled; null: there is none. Lifetime:
/// of the catalog.
[[nodiscard]] const data::EntityInfo* enabled_entity(const data::Catalog& catalog,
                                                     std::string_view full_name) noexcept;

/// Whether `viewer` sees the living record now. Blocks as Tenant::get. Errors: those of a read
/// other than not_found.
[[nodiscard]] Result<bool> sees(data::Tenant& tenant, const data::Viewer& viewer,
                                std::string_view entity, RecordId record);
/// The same for a user, who must be active.
[[nodiscard]] Result<bool> sees(data::Tenant& tenant, UserId user, std::string_view entity,
                                RecordId record);

}  // namespace tenon::identity
