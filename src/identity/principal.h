#pragma once
// Who asks. Every decision below the edge is made for a Principal; it is built from a session or a
// token once per request and never from anything the client writes into the request.

#include <set>
#include <string>
#include <string_view>

#include "base/id.h"

namespace tenon::identity {

struct Principal {
  std::string tenant;  // name of the tenant, from the session
  UserId user{};
  std::string name;
  std::string locale = "zh-CN";
  bool administrator = false;
  std::set<std::string, std::less<>> permissions;  // `plugin.permission`, as `crm.customer.list`

  /// Whether the principal holds `permission`. An administrator of the tenant holds all of the
  /// tenant's.
  [[nodiscard]] bool has(std::string_view permission) const noexcept {
    return administrator || permissions.contains(permission);
  }
};

}  // namespace tenon::identity
