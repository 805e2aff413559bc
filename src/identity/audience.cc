#include "identity/audience.h"

#include <utility>

#include "identity/rights.h"
#include "identity/sql.h"

namespace tenon::identity {

const data::Access& PrincipalRights::on(std::string_view entity) const noexcept {
  static const data::Access all;
  static const data::Access none{.scope = data::Scope::none, .hidden = {}, .locked = {}};
  if (principal_->administrator) return all;
  const auto found = principal_->entities.find(entity);
  return found == principal_->entities.end() ? none : found->second;
}

data::Viewer viewer_of(std::shared_ptr<const Principal> principal) {
  data::Viewer viewer{.user = principal->user,
                      .department = principal->department,
                      .departments = principal->departments,
                      .rights = nullptr};
  viewer.rights = std::make_shared<PrincipalRights>(std::move(principal));
  return viewer;
}

Result<std::vector<UserId>> holders_of(storage::Session& session, std::string_view permission,
                                       std::size_t limit) {
  std::vector<UserId> found;
  TENON_TRY(sql::each(
      session,
      "SELECT u.id FROM identity_user AS u WHERE u.state = 1 AND EXISTS (SELECT 1 FROM "
      "identity_assignment AS a WHERE a.user_id = u.id AND (a.role = ?1 OR EXISTS (SELECT 1 FROM "
      "identity_grant AS g WHERE g.role = a.role AND g.permission = ?2))) ORDER BY u.id LIMIT ?3",
      std::array<sql::Value, 3>{sql::id(kAdministratorRole), permission,
                                static_cast<std::int64_t>(limit)},
      [&](const sql::Row& row) { found.push_back(sql::id_at<UserId>(row, 0)); }));
  return found;
}

const data::EntityInfo* enabled_entity(const data::Catalog& catalog,
                                       std::string_view full_name) noexcept {
  const auto dot = full_name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const auto* plugin = catalog.plugin(full_name.substr(0, dot));
  if (plugin == nullptr || plugin->state != data::PluginState::enabled) return nullptr;
  return catalog.find(full_name.substr(0, dot), full_name.substr(dot + 1));
}

Result<bool> sees(data::Tenant& tenant, const data::Viewer& viewer, std::string_view entity,
                  RecordId record) {
  const auto catalog = tenant.catalog();
  const auto* found = enabled_entity(*catalog, entity);
  if (found == nullptr) return false;
  auto read = tenant.get(*found, record, viewer);
  if (read) return true;
  if (read.error().code() == ErrorCode::not_found) return false;
  return std::unexpected(std::move(read.error()));
}

Result<bool> sees(data::Tenant& tenant, UserId user, std::string_view entity, RecordId record) {
  std::shared_ptr<const Principal> principal;
  {
    TENON_ASSIGN(lease, tenant.database().reader());
    TENON_ASSIGN(read, read_principal(lease.session(), tenant.name(), user));
    principal = std::move(read);
  }
  if (principal == nullptr) return false;
  return sees(tenant, viewer_of(std::move(principal)), entity, record);
}

}  // namespace tenon::identity
