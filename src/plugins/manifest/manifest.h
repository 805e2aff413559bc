#pragma once
// One file says everything the host must know about a plugin: who it is, what it stores, what it
// asks for, and what it shows. These structs are that file after every rule has been checked, so
// nobody downstream checks again.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "data/schema.h"
#include "modules/missed.h"
#include "services/bulk/declared.h"

namespace tenon::plugins {

using data::Localized;

/// The folder of `wit/` the component was built against.
enum class Contract : std::uint8_t { v0, v1_0 };

struct PluginDependency {
  std::string id;
  VersionRange version;
};

struct Metadata {
  std::string id;  // [a-z][a-z0-9_]{0,39}
  Localized name;
  Version version;
  Localized description;
  std::string author;
  std::string license;
  std::optional<Version> min_platform_version;
  Contract contract = Contract::v1_0;
  std::vector<PluginDependency> plugins;
  std::uint32_t schema_version = 1;
};

/// How far a permission reaches, from the caller outward.
enum class DataScopeLevel : std::uint8_t { self, department, department_tree, all };

struct Permission {
  std::string code;  // `customer.manage`
  Localized name;
  std::vector<DataScopeLevel> data_scope_levels;  // never empty; default `all`
};

/// What the plugin asks for beyond its own rows. An administrator approves it at install.
struct Capabilities {
  std::vector<std::string> read;       // `crm.customer`
  std::vector<std::string> write;      // `crm.customer`
  std::vector<std::string> publishes;  // event types of its own: `customer.merged`
};

enum class HookPoint : std::uint8_t { before_save };

struct Hook {
  std::string entity;
  HookPoint point = HookPoint::before_save;
};

struct Action {
  std::string name;
  Localized display_name;
  std::string permission;  // a code of `permissions`
  std::string entity;      // empty: the action is not about one row
  std::vector<data::Field> input;
};

/// An action that is called at times, as the system itself.
struct ScheduledJob {
  std::string name;
  Localized display_name;
  std::string cron;       // services/jobs/cron.h
  std::string time_zone;  // IANA; empty: the company's
  modules::Missed missed = modules::Missed::once;
  std::string action;  // of this plugin; needs no input
  std::uint32_t retries = 2;
  std::chrono::seconds timeout{60};
};

enum class RouteMethod : std::uint8_t { get, post, put, patch, delete_ };

struct Route {
  RouteMethod method = RouteMethod::get;
  std::string path;  // `/summary/{city}`, below /api/v1/{plugin}/routes
  bool is_public = false;
  std::string permission;  // empty when is_public
};

enum class PageKind : std::uint8_t { crud };

struct MenuGroup {
  std::string id;  // plugins may share a group; the first that names it gives the label
  Localized display_name;
  std::int32_t order = 0;
};

struct Page {
  std::string id;
  PageKind kind = PageKind::crud;
  std::string entity;
  Localized display_name;
  std::string menu_group;  // empty: not in the menu
  std::string icon;
  std::int32_t order = 0;
  std::vector<std::string> columns;
  std::vector<std::string> filters;
};

struct Manifest {
  Metadata metadata;
  std::vector<Permission> permissions;
  Capabilities capabilities;
  std::vector<std::string> subscribe;  // `order.*`
  std::vector<Hook> hooks;
  std::vector<Action> actions;
  std::vector<Route> routes;
  std::vector<data::Entity> entities;
  std::vector<data::Entity> extensions;  // what is added to entities of other plugins
  std::vector<MenuGroup> menu_groups;
  std::vector<Page> pages;
  std::vector<data::Field> settings;
  std::vector<ScheduledJob> jobs;
  services::Declared declared;  // `[[import]]`, `[[export]]`, `[[templates]]`

  [[nodiscard]] const data::Entity* find_entity(std::string_view name) const noexcept;
  [[nodiscard]] const Permission* find_permission(std::string_view code) const noexcept;
  [[nodiscard]] const Action* find_action(std::string_view name) const noexcept;
  [[nodiscard]] bool has_hook(std::string_view entity, HookPoint point) const noexcept;
  /// Whether an event of `type` is to be delivered to this plugin.
  [[nodiscard]] bool subscribes_to(std::string_view type) const noexcept;
};

/// The words of plugin.toml and JSON (`department_tree`, `GET`, `crud`, `v1.0`, `before-save`).
[[nodiscard]] std::string_view to_string(Contract contract) noexcept;
[[nodiscard]] std::string_view to_string(DataScopeLevel level) noexcept;
[[nodiscard]] std::string_view to_string(HookPoint point) noexcept;
[[nodiscard]] std::string_view to_string(RouteMethod method) noexcept;
[[nodiscard]] std::string_view to_string(PageKind kind) noexcept;
/// The word of plugin.toml and JSON (`multi_select`).
[[nodiscard]] std::string_view to_string(data::FieldType type) noexcept;

}  // namespace tenon::plugins
