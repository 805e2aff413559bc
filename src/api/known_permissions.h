#pragma once
// Which permissions there are at this moment: those of the platform, those that the manifests of
// the installed modules declare, and list and manage of every entity. A role can name no other.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/viewer.h"
#include "plugins/manifest/manifest.h"
#include "plugins/workspace.h"

namespace tenon::api {

struct KnownPermission {
  plugins::Localized name;
  std::vector<data::Scope> scopes;  // how far it may reach, narrowest first
};

using KnownPermissions = std::map<std::string, KnownPermission, std::less<>>;

[[nodiscard]] KnownPermissions known_permissions(
    const std::vector<const plugins::Manifest*>& manifests);
[[nodiscard]] KnownPermissions known_permissions(const plugins::Installations& installations);

}  // namespace tenon::api
