#include "services/settings/settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "data/act.h"
#include "data/durably.h"
#include "data/platform_act.h"
#include "modules/tenant_directory.h"
#include "services/route_json.h"
#include "services/settings/setting_json.h"
#include "services/settings/setting_rows.h"

namespace tenon::services {
namespace {

using modules::ModuleSchema;
using modules::RouteCall;

constexpr std::string_view kRead = "tenon.settings.read";
constexpr std::string_view kManage = "tenon.settings.manage";

/// What the handlers of these routes share.
struct Desk {
  const modules::TenantDirectory& tenants;
  const Clock& clock;

  /// The company first, then the modules that understand settings, by id.
  [[nodiscard]] std::vector<ModuleSchema> owners(std::string_view tenant) const {
    auto all = tenants.schemas(tenant);
    std::ranges::sort(all, {}, &ModuleSchema::id);
    all.insert(all.begin(), company_schema());
    return all;
  }
  [[nodiscard]] Result<ModuleSchema> owner(std::string_view tenant, std::string_view id) const {
    auto all = owners(tenant);
    const auto found = std::ranges::find(all, id, &ModuleSchema::id);
    if (found != all.end()) return std::move(*found);
    return fail(Error(ErrorCode::not_found,
                      "\"" + std::string(id.substr(0, 64)) + "\" has no settings here")
                    .because("settings.unknown"));
  }
};
using DeskHandle = std::shared_ptr<const Desk>;  // shared by the routes

Result<json::array> read_all(data::Tenant& tenant, const std::vector<ModuleSchema>& owners) {
  TENON_ASSIGN(lease, tenant.database().reader());
  json::array all;
  for (const auto& owner : owners) {
    TENON_ASSIGN(stored, read_settings(lease.session(), owner.id));
    all.push_back(settings_json(owner, stored));
  }
  return all;
}

Task<http::Response> list(DeskHandle desk, RouteCall call, http::Request) {
  const auto owners = desk->owners(call.tenant->name());
  TENON_CO_ASSIGN(all, TENON_CO_ACT(*call.tenant, read_all(*call.tenant, owners)));
  co_return answer(all);
}

Task<http::Response> get(DeskHandle desk, RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(owner, desk->owner(call.tenant->name(), request.parameter("owner")));
  const std::vector<ModuleSchema> owners{std::move(owner)};
  TENON_CO_ASSIGN(all, TENON_CO_ACT(*call.tenant, read_all(*call.tenant, owners)));
  co_return answer(all.front());
}

/// What a change says: `{"version": 3, "values": {…}}`.
struct Wanted {
  std::optional<std::uint64_t> version;  // that it was made from
  json::object values;
};

std::unexpected<Error> wrong(std::string path, std::string code, std::string message) {
  return fail(Error(ErrorCode::invalid, message)
                  .because("schema.fields")
                  .with_field({std::move(path), std::move(code), message}));
}

Result<Wanted> wanted_of(const http::Request& request) {
  TENON_ASSIGN(body, body_object(request));
  constexpr std::array<std::string_view, 2> kMembers{"version", "values"};
  TENON_TRY(refuse_unknown(body, kMembers));
  Wanted wanted;
  if (const auto* version = body.if_contains("version")) {
    if (!version->is_int64() || version->get_int64() < 0)
      return wrong("/version", "type", "A whole number is expected.");
    wanted.version = static_cast<std::uint64_t>(version->get_int64());
  }
  auto* values = body.if_contains("values");
  if (values == nullptr) return wrong("/values", "required", "The values are missing.");
  if (!values->is_object()) return wrong("/values", "type", "An object is expected.");
  wanted.values = std::move(values->get_object());
  return wanted;
}

std::unexpected<Error> changed_meanwhile(std::uint64_t current) {
  return fail(
      Error(ErrorCode::conflict, "These settings were changed by somebody else; read them again.")
          .because("settings.version")
          .with_details(json::serialize(json::object{{"current", current}})));
}

Task<http::Response> patch(DeskHandle desk, RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(owner, desk->owner(call.tenant->name(), request.parameter("owner")));
  TENON_CO_ASSIGN(wanted, wanted_of(request));
  TENON_CO_ASSIGN(values, check_settings(owner, wanted.values));
  const auto now = desk->clock.now();
  json::object shown;
  auto transaction = [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(before, read_settings(session, owner.id));
    if (wanted.version && *wanted.version != before.version)
      return changed_meanwhile(before.version);
    if (!values.empty()) {
      const auto by = call.principal->responsible();
      TENON_TRY(write_settings(session, owner.id, values, by, now));
      TENON_TRY(data::note_act(session,
                               {.user = by,
                                .trace = call.trace_id,
                                .subject = "platform.settings",
                                .key = owner.id,
                                .action = "changed",
                                .after = json::serialize(json::object{{"values", values}})},
                               now));
    }
    TENON_ASSIGN(after, read_settings(session, owner.id));
    shown = settings_json(owner, after);
    return {};
  };
  TENON_CO_TRY(
      co_await data::run_durably(call.tenant->database(), call.deadline, std::move(transaction)));
  co_return answer(shown);
}

}  // namespace

data::Localized Settings::name() const { return {{"en", "Settings"}, {"zh-CN", "设置"}}; }
Version Settings::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

modules::Migrations Settings::migrations() const {
  const auto scripts = setting_scripts();
  return {.version = static_cast<std::uint32_t>(scripts.size()),
          .scripts = {scripts.begin(), scripts.end()},
          .entities = {}};
}

Task<> Settings::on_startup(modules::ModuleContext context) {
  context_.emplace(std::move(context));
  co_return Result<>();
}

std::vector<modules::Route> Settings::protected_routes() {
  const auto desk = std::make_shared<const Desk>(Desk{context_->tenants, context_->clock});
  const auto route = [&](http::Method method, std::string pattern, std::string_view permission,
                         auto function) {
    return modules::Route{.method = method,
                          .pattern = std::move(pattern),
                          .handler =
                              [desk, function](RouteCall call, http::Request request) {
                                return function(desk, std::move(call), std::move(request));
                              },
                          .permission = std::string(permission)};
  };
  using http::Method;
  return {route(Method::get, "/api/v1/settings", kRead, list),
          route(Method::get, "/api/v1/settings/{owner}", kRead, get),
          route(Method::patch, "/api/v1/settings/{owner}", kManage, patch)};
}

}  // namespace tenon::services
