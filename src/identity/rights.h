#pragma once
// What a user may do, computed from the roles it holds: of a right that several roles give the
// widest scope counts, a column is out of reach only when every role that opens its entity keeps it
// so. Rights are therefore only ever added; nothing that one role gives is taken away by another.

#include <memory>
#include <optional>
#include <string>

#include "identity/principal.h"
#include "storage/session.h"

namespace tenon::identity {

/// The built-in role that holds every right of the tenant. It cannot be changed.
inline constexpr RoleId kAdministratorRole{Uuid{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};

/// The principal of an active user, proved by nothing yet; null when there is no such active user.
[[nodiscard]] Result<std::shared_ptr<Principal>> read_principal(storage::Session& session,
                                                                const std::string& tenant,
                                                                UserId user);

/// The rights of a user, active or not. Errors: not_found (`user.unknown`).
[[nodiscard]] Result<Principal> read_rights(storage::Session& session, const std::string& tenant,
                                            UserId user);

/// A department with all below it; at most data::kMaxDepartments and one.
[[nodiscard]] Result<std::vector<DepartmentId>> read_subtree(storage::Session& session,
                                                             DepartmentId root);

/// Narrows `principal` to the permissions named; an administrator becomes one who holds just those.
void narrow(Principal& principal, const std::vector<std::string>& scopes);

/// Whether `holder` may give somebody `permission` with `scope`: nobody gives what he has not.
[[nodiscard]] bool covers(const Principal& holder, std::string_view permission,
                          data::Scope scope) noexcept;
/// Whether `holder` may put people or departments into `department` and take them out: else a scope
/// would grow by moving what it is counted from. Nowhere (empty) is free to all.
[[nodiscard]] bool reaches(const Principal& holder,
                           const std::optional<DepartmentId>& department) noexcept;
/// Whether `holder` has every right of `other`, at least as wide.
[[nodiscard]] bool covers(const Principal& holder, const Principal& other) noexcept;

}  // namespace tenon::identity
