#include "api/known_permissions.h"

#include <algorithm>

namespace tenon::api {
namespace {

using data::Scope;

struct Own {
  std::string_view code, zh, en;
};

constexpr auto kPlatform = std::to_array<Own>({
    {"tenon.users.read", "查看用户", "See users"},
    {"tenon.users.manage", "管理用户", "Manage users"},
    {"tenon.roles.read", "查看角色", "See roles"},
    {"tenon.roles.manage", "管理角色", "Manage roles"},
    {"tenon.departments.manage", "管理部门", "Manage departments"},
    {"tenon.audit.read", "查看审计", "See the audit"},
    {"tenon.views.share", "共享视图", "Share views"},
    {"tenon.jobs.read", "查看定时任务", "See scheduled jobs"},
    {"tenon.jobs.manage", "管理定时任务", "Manage scheduled jobs"},
    {"tenon.settings.read", "查看设置", "See settings"},
    {"tenon.settings.manage", "管理设置", "Manage settings"},
    {"tenon.numbering.read", "查看编号规则", "See number sequences"},
    {"tenon.numbering.manage", "管理编号规则", "Manage number sequences"},
    {"tenon.permissions.explain", "解释他人的权限", "Explain other users' rights"},
});

Scope scope_of(plugins::DataScopeLevel level) noexcept {
  switch (level) {
    case plugins::DataScopeLevel::self:
      return Scope::self;
    case plugins::DataScopeLevel::department:
      return Scope::department;
    case plugins::DataScopeLevel::department_tree:
      return Scope::department_tree;
    case plugins::DataScopeLevel::all:
      break;
  }
  return Scope::all;
}

plugins::Localized named(const data::Localized& entity, std::string_view zh, std::string_view en) {
  plugins::Localized name;
  for (const auto& [locale, text] : entity)
    name[locale] = locale.starts_with("zh") ? std::string(zh) + text : std::string(en) + " " + text;
  return name;
}

void add_entities(KnownPermissions& known, const plugins::Manifest& manifest) {
  const std::vector<Scope> all = {Scope::self, Scope::department, Scope::department_tree,
                                  Scope::all};
  for (const auto& entity : manifest.entities) {
    const auto full = manifest.metadata.id + "." + entity.name;
    known.try_emplace(full + ".list",
                      KnownPermission{named(entity.display_name, "查看", "List"), all});
    known.try_emplace(full + ".manage",
                      KnownPermission{named(entity.display_name, "管理", "Manage"), all});
  }
}

}  // namespace

KnownPermissions known_permissions(const plugins::Installations& installations) {
  std::vector<const plugins::Manifest*> manifests;
  for (const auto& [id, installation] : installations)
    manifests.push_back(&installation.plugin->manifest);
  return known_permissions(manifests);
}

KnownPermissions known_permissions(const std::vector<const plugins::Manifest*>& manifests) {
  KnownPermissions known;
  for (const auto& own : kPlatform) {
    plugins::Localized name;
    name["zh-CN"] = own.zh;
    name["en"] = own.en;
    known.emplace(own.code, KnownPermission{std::move(name), {Scope::all}});
  }
  for (const auto* one : manifests) {
    const auto& manifest = *one;
    for (const auto& permission : manifest.permissions) {
      KnownPermission entry{.name = permission.name, .scopes = {}};
      for (const auto level : permission.data_scope_levels) entry.scopes.push_back(scope_of(level));
      std::ranges::sort(entry.scopes);
      known.insert_or_assign(manifest.metadata.id + "." + permission.code, std::move(entry));
    }
    add_entities(known, manifest);
  }
  return known;
}

}  // namespace tenon::api
