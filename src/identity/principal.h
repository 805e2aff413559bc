#pragma once
// Who asks, and what they may do. Every decision below the edge is made for a Principal; it is
// built from what the tenant's database says of a user, once until somebody's rights change, and
// never from anything the client writes into the request.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "data/viewer.h"

namespace tenon::identity {

using RoleId = Id<struct RoleTag>;
using SessionId = Id<struct SessionTag>;

/// By what a request proved who it is.
enum class Proof : std::uint8_t {
  none,     // the program itself: event handlers, commands
  session,  // a browser's cookie
  token,    // an API token
};

struct Principal {
  std::string tenant;  // name of the tenant, from the session
  UserId user{};
  std::string name;
  std::string locale = "zh-CN";
  bool administrator = false;  // holds every right of the tenant
  /// `plugin.permission`, as `crm.customer.list`, with how far it reaches.
  std::map<std::string, data::Scope, std::less<>> permissions = {};
  /// What the permissions `….list` and `….manage` and the roles' column rights make of each entity.
  std::map<std::string, data::Access, std::less<>> entities = {};
  std::optional<DepartmentId> department = {};
  std::vector<DepartmentId> departments = {};  // its subtree, with itself
  Proof proof = Proof::none;
  SessionId session = {};  // or of the token
  /// Set while somebody looks with this user's rights: who really asks. Nothing is written then.
  std::optional<UserId> actor = {};
  std::string actor_name = {};

  /// Whether the principal holds `permission`. An administrator of the tenant holds all of the
  /// tenant's.
  [[nodiscard]] bool has(std::string_view permission) const noexcept {
    return administrator || permissions.contains(permission);
  }
  /// How far it reaches; none when it is not held.
  [[nodiscard]] data::Scope scope_of(std::string_view permission) const noexcept {
    if (administrator) return data::Scope::all;
    const auto found = permissions.find(permission);
    return found == permissions.end() ? data::Scope::none : found->second;
  }
  [[nodiscard]] bool read_only() const noexcept { return actor.has_value(); }
  /// Whose name goes into the audit.
  [[nodiscard]] UserId responsible() const noexcept { return actor.value_or(user); }
};

}  // namespace tenon::identity
