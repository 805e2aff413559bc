#pragma once
// A company's system is made of modules: some are part of the program (files, jobs, settings),
// others are sandboxed plugins that arrive while it runs. The registry, the event bus, the edge and
// the tenants must not care which is which, so both are an ErpModule. Only id, name and version
// have to be said; whatever else a module does not do, the defaults do not do for it.
//
//   ErpModule ← WasmModule (room plugins), Upkeep and other native ones (room services)
//
// A native module is made once and serves every tenant. A plugin is a module of one tenant: another
// tenant may have another version of it, or none.
//
// Rules for all fifteen methods. Coroutines heed a request to stop and keep their deadline; one
// that does neither is left behind after its time and named in the health report. An exception that
// leaves one is told as `internal`; it does not end the process. Nothing may block the thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadline.h"
#include "async/task.h"
#include "base/json.h"
#include "base/random.h"
#include "base/version.h"
#include "data/native_scripts.h"
#include "data/tenant.h"
#include "http/method.h"
#include "http/request.h"
#include "http/response.h"
#include "identity/principal.h"
#include "modules/event_bus.h"
#include "modules/operation.h"

namespace tenon::modules {

class JobBoard;
class LiveFeed;
class TenantDirectory;

enum class ModuleType : std::uint8_t { native, wasm };
[[nodiscard]] std::string_view to_string(ModuleType type) noexcept;

struct Dependency {
  std::string id;
  VersionRange version;
};

/// How a module is, in its own opinion.
struct Health {
  enum class Status : std::uint8_t {
    healthy,
    degraded,  // does its work, but somebody should look
    failing,
  };
  Status status = Status::healthy;
  std::string message = {};   // for people, when not healthy: what is wrong and what to do
  json::object details = {};  // counters
};
[[nodiscard]] std::string_view to_string(Health::Status status) noexcept;

/// Who asks a route, where and until when. Made by the edge, never from what the client writes.
struct RouteCall {
  std::shared_ptr<data::Tenant> tenant;  // null: a public route asked by nobody known
  std::shared_ptr<const identity::Principal> principal;  // null with `tenant`; shared with sessions
  data::Viewer viewer;                                   // the rights of `principal`
  TraceId trace_id{};
  std::string trace;   // the same as 32 hexadecimal digits
  std::string locale;  // `zh-CN` or `en`
  Deadline deadline = Deadline::never();
};

/// Thread: the connection's; must not block it. Errors become problem documents.
using RouteHandler = std::function<Task<http::Response>(RouteCall, http::Request)>;

/// A plain route: it has no state of its own. Tenant, rights and whether the module is there at all
/// are bound when a request comes.
struct Route {
  http::Method method = http::Method::get;
  std::string pattern;  // `/api/v1/imports/{id}`; see http/route.h
  RouteHandler handler;
  std::string permission = {};  // a protected route's; empty: whoever is signed in
  std::size_t body_bytes = 0;   // bound of the body; 0: the server's
  bool streams_body = false;    // native: the handler reads it from Request::body_source()
  Operation operation =
      {};  // for the OpenAPI document; without an id it is described by its address
};

/// What a module keeps in each tenant's database.
struct Migrations {
  std::uint32_t version = 0;                // of the tables; 0: there are none
  std::vector<data::NativeScript> scripts;  // native: run once per tenant, before it is served
  std::vector<data::Entity> entities;       // plugins: made by the install
};

/// What a native module may use, for its whole life. Lifetime: outlives the module's run.
struct ModuleContext {
  Executor executor;  // its background work runs here, one thing at a time
  const Clock& clock;
  Random& random;
  EventBus& events;
  LiveFeed& feed;
  const TenantDirectory& tenants;
  JobBoard* jobs = nullptr;  // null: nobody runs jobs here
};

struct TenantContext {
  std::shared_ptr<data::Tenant> tenant;
  std::shared_ptr<const identity::Principal> principal;  // who made or deletes it; may be null
  std::string trace;
  Deadline deadline = Deadline::never();
};

/// Thread: methods are called one at a time for start, stop and tenants; health_check beside them.
class ErpModule {
 public:
  ErpModule() = default;
  ErpModule(const ErpModule&) = delete;
  ErpModule& operator=(const ErpModule&) = delete;
  virtual ~ErpModule() = default;

  // Who it is. Constant for the module's life.
  [[nodiscard]] virtual std::string_view id() const noexcept = 0;  // [a-z][a-z0-9_]{0,39}
  [[nodiscard]] virtual data::Localized name() const = 0;
  [[nodiscard]] virtual Version version() const = 0;
  [[nodiscard]] virtual ModuleType module_type() const noexcept { return ModuleType::native; }
  /// Modules that are started before and stopped after this one. A native module depends on native
  /// ones only.
  [[nodiscard]] virtual std::vector<Dependency> dependencies() const { return {}; }

  // Its life. A module that fails to start is not used, nor are those that need it.
  [[nodiscard]] virtual Task<> on_startup(ModuleContext context);
  /// Ends what on_startup began. Not called for a module that did not start. Idempotent.
  [[nodiscard]] virtual Task<> on_shutdown(Deadline deadline);
  [[nodiscard]] virtual Task<Health> health_check(Deadline deadline);

  // What it offers. Asked once after each start.
  /// Answered to anybody.
  [[nodiscard]] virtual std::vector<Route> public_routes() { return {}; }
  /// Answered to who is signed in to a tenant that has this module, and holds the permission.
  [[nodiscard]] virtual std::vector<Route> protected_routes() { return {}; }
  [[nodiscard]] virtual Migrations migrations() const { return {}; }
  /// The settings it understands, as fields with types, defaults and bounds.
  [[nodiscard]] virtual std::vector<data::Field> config_schema() const { return {}; }
  /// Subscribes to what it wants to hear. The registry keeps the subscriptions and ends them, with
  /// the deliveries under way, before on_shutdown.
  [[nodiscard]] virtual Result<std::vector<Subscription>> register_event_handlers(EventBus& bus);

  // The tenants it works for.
  /// Once for each tenant, when the two first meet (a new tenant, a new module); its tables are
  /// there. May be called again when it failed or the process ended meanwhile.
  [[nodiscard]] virtual Task<> on_tenant_created(TenantContext context);
  /// Before everything the module keeps in the tenant's database is deleted for good: to end what
  /// it keeps elsewhere. An error is logged and stops nothing.
  [[nodiscard]] virtual Task<> on_tenant_deleted(TenantContext context);
};

}  // namespace tenon::modules
