#pragma once
// What tests/guests/probe does, as a module of the program.

#include <array>

#include "data/durably.h"
#include "modules/module.h"

namespace tenon::testing {

class NativeProbe final : public modules::ErpModule {
 public:
  std::string_view id() const noexcept override { return "probe"; }
  data::Localized name() const override { return {{"zh-CN", "探针"}, {"en", "Probe"}}; }
  Version version() const override { return {.major = 1, .minor = 2, .patch = 3}; }
  std::vector<modules::Dependency> dependencies() const override {
    return {{.id = "ground", .version = *VersionRange::parse("^1.0")}};
  }
  Task<> on_startup(modules::ModuleContext) override {
    started_ = true;
    co_return Result<>();
  }
  Task<> on_shutdown(Deadline) override {
    started_ = false;
    co_return Result<>();
  }
  Task<modules::Health> health_check(Deadline) override {
    co_return modules::Health{
        .status = started_ ? modules::Health::Status::healthy : modules::Health::Status::failing,
        .message = {},
        .details = {{"notes", 0}}};
  }
  std::vector<modules::Route> public_routes() override {
    return {{.method = http::Method::get, .pattern = "/x/probe/hello", .handler = hello}};
  }
  std::vector<modules::Route> protected_routes() override {
    return {{.method = http::Method::get,
             .pattern = "/x/probe/notes/{text}",
             .handler = read_note,
             .permission = "probe.note.list"},
            {.method = http::Method::post,
             .pattern = "/x/probe/notes/{text}",
             .handler = write_note,
             .permission = "probe.note.manage"}};
  }
  modules::Migrations migrations() const override {
    return {.version = 1,
            .scripts = {{.number = 1,
                         .name = "notes",
                         .sqlite = "CREATE TABLE probe_note(text TEXT NOT NULL) STRICT",
                         .postgres = "CREATE TABLE probe_note(text TEXT NOT NULL)"}},
            .entities = {}};
  }
  std::vector<data::Field> config_schema() const override {
    data::Field field;
    field.name = "greeting";
    field.default_value = "\"hello\"";
    return {field};
  }
  Result<std::vector<modules::Subscription>> register_event_handlers(
      modules::EventBus& bus) override {
    std::vector<modules::Subscription> all;
    TENON_ASSIGN(
        made, bus.subscribe_filtered("probe", {{"ground.stone.*"}},
                                     [](modules::DeliveryHandle delivery, data::UnitOfWork& unit) {
                                       return note_within(&unit, "heard " + delivery->event.type);
                                     }));
    all.push_back(std::move(made));
    return all;
  }
  Task<> on_tenant_created(modules::TenantContext context) override {
    return note(context.tenant, "created");
  }
  Task<> on_tenant_deleted(modules::TenantContext context) override {
    return note(context.tenant, "deleted");
  }

 private:
  static Result<> insert(storage::Session& session, std::string_view text) {
    const std::array<storage::Value, 1> values{text};
    TENON_TRY(session.execute("INSERT INTO probe_note(text) VALUES(?1)", values));
    return {};
  }
  /// In the transaction of the delivery: a second one would wait for it.
  static Task<> note_within(data::UnitOfWork* unit, std::string text) {
    co_return TENON_CO_ACT(*unit, insert(unit->native_session(), text));
  }
  static Task<> note(std::shared_ptr<data::Tenant> tenant, std::string text) {
    co_return co_await data::run_durably(
        tenant->database(), Deadline::after(std::chrono::seconds(5)),
        [&text](storage::Session& session) { return insert(session, text); });
  }
  static Result<std::int64_t> count(data::Tenant& tenant, std::string_view text) {
    TENON_ASSIGN(lease, tenant.database().reader());
    const std::array<storage::Value, 1> values{text};
    std::int64_t found = 0;
    TENON_TRY(lease.session().query("SELECT count(*) FROM probe_note WHERE text = ?1", values,
                                    [&](const storage::Row& row) {
                                      found = row.integer(0);
                                      return storage::Visit::more;
                                    }));
    return found;
  }
  static Task<http::Response> hello(modules::RouteCall, http::Request) {
    co_return http::Response::json(200, R"({"hello":"probe"})");
  }
  static Task<http::Response> read_note(modules::RouteCall call, http::Request request) {
    TENON_CO_ASSIGN(found, TENON_CO_ACT(*call.tenant, count(*call.tenant, request.segment(3))));
    co_return http::Response::json(200, json::serialize(json::object{{"count", found}}));
  }
  static Task<http::Response> write_note(modules::RouteCall call, http::Request request) {
    TENON_CO_TRY(co_await note(call.tenant, std::string(request.segment(3))));
    co_return http::Response::json(201, "{}");
  }

  bool started_ = false;
};

}  // namespace tenon::testing
