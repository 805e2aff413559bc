#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "api/known_permissions.h"
#include "commands.h"
#include "identity/roles.h"
#include "plugins/manifest/read.h"
#include "workplace.h"

namespace tenon::app {
namespace {

using identity::Change;

struct RoleOptions {
  std::string data, tenant, name, description;
  std::vector<std::string> grants;
  bool json = false;
};

/// The permissions of what is installed, as the manifests say them.
api::KnownPermissions permissions_of(data::Tenant& tenant) {
  std::vector<plugins::Manifest> read;
  for (const auto& row : tenant.catalog()->plugins())
    if (auto manifest = plugins::read_manifest(row.manifest)) read.push_back(*std::move(manifest));
  std::vector<const plugins::Manifest*> manifests;
  for (const auto& manifest : read) manifests.push_back(&manifest);
  return api::known_permissions(manifests);
}

/// `crm.customer.list:department`, or without a scope for `all`.
Result<std::vector<identity::Grant>> grants_of(const std::vector<std::string>& texts,
                                               const api::KnownPermissions& known) {
  std::vector<identity::Grant> grants;
  for (const auto& text : texts) {
    const auto colon = text.find(':');
    identity::Grant grant{.permission = text.substr(0, colon)};
    const auto scope =
        data::scope_from(colon == std::string::npos ? "all" : text.substr(colon + 1));
    const auto found = known.find(grant.permission);
    if (found == known.end())
      return fail(ErrorCode::invalid, "there is no permission \"" + grant.permission + "\"");
    if (!scope || std::ranges::find(found->second.scopes, *scope) == found->second.scopes.end())
      return fail(ErrorCode::invalid, "\"" + text + "\": this permission has no such scope");
    grant.scope = *scope;
    grants.push_back(std::move(grant));
  }
  return grants;
}

Result<int> list(const RoleOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_ASSIGN(roles, look_at(realm, identity::list_roles));
  json::array all;
  for (const auto& role : roles) {
    all.push_back(to_json(role));
    if (!options.json)
      std::printf("%-32s %4llu users %4zu permissions\n", role.name.c_str(),
                  static_cast<unsigned long long>(role.users), role.grants.size());
  }
  if (options.json) std::printf("%s\n", json::serialize(all).c_str());
  return 0;
}

Result<int> permissions(const RoleOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  json::array all;
  for (const auto& [code, known] : permissions_of(*realm->tenant())) {
    json::array scopes;
    for (const auto scope : known.scopes) scopes.emplace_back(data::to_string(scope));
    if (!options.json) std::printf("%s\n", code.c_str());
    all.push_back(json::object{{"permission", code}, {"scopes", std::move(scopes)}});
  }
  if (options.json) std::printf("%s\n", json::serialize(all).c_str());
  return 0;
}

Result<int> create(const RoleOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_ASSIGN(grants, grants_of(options.grants, permissions_of(*realm->tenant())));
  TENON_ASSIGN(role, change(here, realm, [&](Change& change) -> Result<identity::RoleRow> {
                 TENON_ASSIGN(id, identity::create_role(change, {.name = options.name,
                                                                 .description = options.description,
                                                                 .grants = grants,
                                                                 .columns = {}}));
                 return identity::get_role(change.session(), id);
               }));
  say(options.json,
      "role \"" + role.name + "\" with " + std::to_string(role.grants.size()) + " permissions",
      to_json(role));
  return 0;
}

Result<int> erase(const RoleOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(realm, here.realm(options.tenant));
  TENON_TRY(change(here, realm, [&](Change& change) -> Result<> {
    TENON_ASSIGN(role, identity::find_role(change.session(), options.name));
    if (!role) return fail(ErrorCode::not_found, "there is no role \"" + options.name + "\"");
    return identity::delete_role(change, *role);
  }));
  say(options.json, "role \"" + options.name + "\" is gone",
      json::object{{"role", options.name}, {"deleted", true}});
  return 0;
}

}  // namespace

void add_role(CLI::App& app, Command& selected) {
  CLI::App* role = app.add_subcommand(
      "role", "The roles of a tenant. For a tenant in a file the server must not run");
  role->require_subcommand(1);
  auto options =
      std::make_shared<RoleOptions>();  // shared: CLI11 keeps references until the command runs
  const auto add = [&](const char* name, const char* text,
                       Result<int> (*work)(const RoleOptions&)) {
    CLI::App* command = role->add_subcommand(name, text);
    command->add_option("tenant", options->tenant, "Name of the tenant")->required();
    command->add_option("--data", options->data, "Folder of all data")->required();
    command->add_flag("--json", options->json, "Tell the outcome as JSON");
    command->callback(
        [options, work, &selected] { selected = [options, work] { return work(*options); }; });
    return command;
  };
  add("list", "Each role with its users and permissions", list);
  add("permissions", "What roles can be made of", permissions);
  auto* made = add("create", "Make a role", create);
  made->add_option("name", options->name, "Name of the role")->required();
  made->add_option("--description", options->description, "What it is for");
  made->add_option(
      "--grant", options->grants,
      "PERMISSION or PERMISSION:SCOPE (self, department, department_tree, all); may be "
      "repeated");
  add("delete", "Take a role from all who hold it", erase)
      ->add_option("name", options->name, "Name of the role")
      ->required();
}

}  // namespace tenon::app
