#pragma once
// A plugin that can be called: its checked manifest, its linked code and the exports it has.
// Immutable; a tenant's calls hold it by shared pointer, so an old version lives until its last
// call has ended.

#include <memory>
#include <optional>
#include <string>

#include "contract/v0.h"
#include "contract/v1_0.h"
#include "plugins/manifest/manifest.h"
#include "wasm/linker.h"

namespace tenon::plugins {

namespace v0 = contract::v0;
namespace v1 = contract::v1_0;

/// The exports that were found with the type their contract gives them. An empty one is not
/// offered. Exactly the members of the manifest's contract may be set.
struct Exports {
  std::optional<contract::Function<v0::plugin::Init>> v0_init;
  std::optional<contract::Function<v0::plugin::HandleEvent>> v0_handle_event;
  std::optional<contract::Function<v1::lifecycle::Init>> init;
  std::optional<contract::Function<v1::tenancy::OnTenantCreated>> tenant_created;
  std::optional<contract::Function<v1::tenancy::OnTenantDeleted>> tenant_deleted;
  std::optional<contract::Function<v1::health::Check>> health;
  std::optional<contract::Function<v1::event_handler::Handle>> handle_event;
  std::optional<contract::Function<v1::hooks::BeforeSave>> before_save;
  std::optional<contract::Function<v1::actions::Run>> run_action;
  std::optional<contract::Function<v1::routes::Handle>> handle_route;
};

struct Plugin {
  Manifest manifest;
  std::string sha256;  // of the component, 64 hexadecimal digits
  wasm::Program program;
  Exports exports;

  [[nodiscard]] const std::string& id() const noexcept { return manifest.metadata.id; }
  [[nodiscard]] bool handles_events() const noexcept {
    return exports.handle_event || exports.v0_handle_event;
  }
};

using PluginHandle = std::shared_ptr<const Plugin>;  // shared: catalogue, routes and running calls

}  // namespace tenon::plugins
