#include "plugins/loader.h"

#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/limits.h"
#include "plugins/gate.h"
#include "plugins/manifest/read.h"

namespace tenon::plugins {
namespace {

/// Sets `slot` to the export that `F` describes, or notes why it cannot be used.
template <class F>
void look_up(const wasm::Program& program, std::optional<contract::Function<F>>& slot,
             std::vector<FieldError>& wrong) {
  auto found = contract::find<F>(program);
  if (found) {
    slot = *found;
    return;
  }
  wrong.push_back(FieldError{.path = std::string(F::kInterface) + "#" + std::string(F::kName),
                             .code = "plugin.export_type",
                             .message = found.error().message()});
}

Exports find_exports(const wasm::Program& program, Contract contract,
                     std::vector<FieldError>& wrong) {
  Exports found;
  if (contract == Contract::v0) {
    look_up(program, found.v0_init, wrong);
    look_up(program, found.v0_handle_event, wrong);
    return found;
  }
  look_up(program, found.init, wrong);
  look_up(program, found.tenant_created, wrong);
  look_up(program, found.tenant_deleted, wrong);
  look_up(program, found.health, wrong);
  look_up(program, found.handle_event, wrong);
  look_up(program, found.before_save, wrong);
  look_up(program, found.run_action, wrong);
  look_up(program, found.handle_route, wrong);
  return found;
}

/// What the manifest promises must be there, or the promise would fail at its first use.
void check_promises(const Manifest& manifest, const Exports& exports,
                    std::vector<FieldError>& wrong) {
  const auto need = [&](bool promised, bool offered, std::string_view name,
                        std::string_view promise) {
    if (promised && !offered)
      wrong.push_back(FieldError{.path = std::string(name),
                                 .code = "plugin.export_missing",
                                 .message = "the component has no export " + std::string(name) +
                                            ", which the manifest needs for " +
                                            std::string(promise)});
  };
  const bool is_v0 = manifest.metadata.contract == Contract::v0;
  need(is_v0, exports.v0_init.has_value(), "erp:plugin/plugin#init", "contract v0");
  need(is_v0, exports.v0_handle_event.has_value(), "erp:plugin/plugin#handle-event", "contract v0");
  need(!is_v0 && !manifest.subscribe.empty(), exports.handle_event.has_value(),
       v1::event_handler::Handle::kInterface, "[events]");
  need(!manifest.hooks.empty(), exports.before_save.has_value(), v1::hooks::BeforeSave::kInterface,
       "[[hooks]]");
  need(!manifest.actions.empty(), exports.run_action.has_value(), v1::actions::Run::kInterface,
       "[[actions]]");
  need(!manifest.routes.empty(), exports.handle_route.has_value(), v1::routes::Handle::kInterface,
       "[[routes]]");
}

}  // namespace

Loader::Loader(const wasm::Engine& engine, const wasm::Linker& linker, NativeCache& cache)
    : engine_(engine), linker_(linker), cache_(cache) {}

Result<PluginHandle> Loader::load(std::string_view manifest_text, std::string_view component) {
  auto manifest = read_manifest(manifest_text);
  if (!manifest) return fail(to_error(manifest.error(), "plugin.toml"));
  return load(*std::move(manifest), component);
}

Result<PluginHandle> Loader::load(Manifest manifest, std::string_view component) {
  if (component.size() > PackageLimits{}.wasm_bytes)
    return fail(Error(ErrorCode::exhausted, "the component is larger than 32 MiB")
                    .because("limit.component"));
  TENON_TRY(check_gate(component));
  const std::string digest = hex(sha256(component));
  TENON_ASSIGN(program, program_of(digest, component));
  std::vector<FieldError> wrong;
  Exports exports = find_exports(program, manifest.metadata.contract, wrong);
  check_promises(manifest, exports, wrong);
  if (!wrong.empty()) {
    const std::string first = wrong.front().path + ": " + wrong.front().message;
    return fail(Error(ErrorCode::invalid, "the component does not fit its manifest: " + first)
                    .because("plugin.export")
                    .with_fields(std::move(wrong)));
  }
  return std::make_shared<const Plugin>(Plugin{.manifest = std::move(manifest),
                                               .sha256 = digest,
                                               .program = std::move(program),
                                               .exports = exports});
}

Result<wasm::Program> Loader::program_of(const std::string& sha256, std::string_view component) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = programs_.find(sha256); known != programs_.end()) return known->second;
  }
  auto compiled = cache_.find(engine_, sha256);
  if (!compiled) {
    compiled = wasm::Component::compile(engine_, component);
    if (!compiled) return fail(std::move(compiled.error()));
    cache_.keep(sha256, *compiled);
  }
  TENON_ASSIGN(program, linker_.link(*compiled));
  const std::lock_guard lock(mutex_);
  return programs_.emplace(sha256, std::move(program)).first->second;
}

}  // namespace tenon::plugins
