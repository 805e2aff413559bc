#include "services/exports/exports.h"

#include <fmt/format.h>

#include <utility>

#include "data/bulk/json_parts.h"
#include "data/platform_act.h"
#include "data/walk.h"
#include "services/bulk/send.h"
#include "services/exports/csv_table.h"
#include "services/exports/order.h"
#include "services/exports/xlsx_table.h"

namespace tenon::services {
namespace {

constexpr std::size_t kListed = 100;
constexpr std::string_view kPart = "out";
// A workbook is packed: so many bytes of values for one of the file.
constexpr std::uint64_t kPacked = 8;

/// A state of the database together with the catalog that it is read by.
struct View {
  std::shared_ptr<const data::Catalog> catalog;  // shared: keeps entities of the query alive
  data::Snapshot snapshot;
};
Result<View> view_of(const std::shared_ptr<data::Tenant>& tenant, const data::Viewer& viewer,
                     Deadline deadline) {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    auto catalog = tenant->catalog();
    TENON_ASSIGN(snapshot, tenant->snapshot(viewer, deadline));
    if (&snapshot.catalog() == catalog.get())
      return View{.catalog = std::move(catalog), .snapshot = std::move(snapshot)};
  }
  return fail(Error(ErrorCode::conflict, "The modules are being changed; try again.")
                  .because("schema.changed"));
}

std::unexpected<Error> too_many(std::uint64_t most) {
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("An export takes at most {} rows; filter them.", most))
                  .because("export.rows"));
}

std::unexpected<Error> too_large(std::uint64_t most) {
  return fail(
      Error(ErrorCode::exhausted,
            fmt::format("The file may have at most {} bytes. Take fewer rows or columns.", most))
          .because("exports.size"));
}

http::Response shown(int status, const Job& job, const modules::RouteCall& call,
                     const Outlook& outlook) {
  auto response = http::Response::json(status, json::serialize(to_json(job, call.locale, outlook)));
  if (status == 202) response.set("Location", "/api/v1/exports/" + job.id.to_string());
  return response;
}

}  // namespace

struct Exports::Order : ExportOrder {};

Exports::Exports(const Outlook& outlook, const std::filesystem::path& folder, ExportLimits limits)
    : limits_(limits),
      desk_("export", outlook, Spool(folder / "exports", limits.spool), limits.desk,
            [](const std::shared_ptr<data::Tenant>&, Job& job) -> Result<> {
              // An export has no effect but its file, and that is not there.
              job.state = JobState::interrupted;
              job.error = error_json(
                  Error(ErrorCode::cancelled, "The server stopped meanwhile; begin again.")
                      .because("bulk.interrupted"));
              return {};
            }) {}

Chore Exports::chore() {
  return {.name = "exports",
          .run = [this](std::shared_ptr<data::Tenant> tenant, Timestamp now, Deadline deadline) {
            return desk_.sweep(std::move(tenant), now, deadline);
          }};
}

data::Localized Exports::name() const { return {{"en", "Exports"}, {"zh-CN", "导出"}}; }
Version Exports::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

modules::Migrations Exports::migrations() const {
  return {.version = 1, .scripts = {desk_.script()}, .entities = {}};
}

Task<> Exports::on_startup(modules::ModuleContext context) {
  desk_.open(context);
  co_return Result<>();
}
Task<> Exports::on_shutdown(Deadline deadline) { return desk_.close(deadline); }

Task<modules::Health> Exports::health_check(Deadline) {
  co_return modules::Health{
      .status = modules::Health::Status::healthy, .message = {}, .details = desk_.figures()};
}

Task<> Exports::on_tenant_deleted(modules::TenantContext context) {
  co_return co_await desk_.files().run([this, name = context.tenant->name()]() -> Result<> {
    desk_.spool().remove_all(name);
    return {};
  });
}

std::vector<modules::Route> Exports::protected_routes() {
  const auto to = [this](auto method) {
    return [this, method](modules::RouteCall call, http::Request request) {
      return (this->*method)(std::move(call), std::move(request));
    };
  };
  const std::string all = "/api/v1/exports";
  const auto one = all + "/{id}";
  using http::Method;
  return {{.method = Method::post, .pattern = all, .handler = to(&Exports::create)},
          {.method = Method::get, .pattern = all, .handler = to(&Exports::list)},
          {.method = Method::get, .pattern = one, .handler = to(&Exports::show)},
          {.method = Method::get, .pattern = one + "/content", .handler = to(&Exports::content)},
          {.method = Method::post, .pattern = one + "/cancel", .handler = to(&Exports::cancel)},
          {.method = Method::del, .pattern = one, .handler = to(&Exports::erase)}};
}

Result<Exports::Order> Exports::order_of(const modules::RouteCall& call,
                                         const std::string& body) const {
  TENON_ASSIGN(order, export_order(call, body, desk_.outlook(), desk_.clock().now()));
  return Order{std::move(order)};
}

Task<http::Response> Exports::create(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(order, order_of(call, request.body()));
  auto job = desk_.made(call, order.plugin + "." + order.entity, order.name);
  job.request = {{"query", order.text},
                 {"format", to_string(order.format)},
                 {"locale", order.locale},
                 {"headings", order.headings == Headings::labels ? "labels" : "names"}};
  if (!order.named.empty()) job.request["export"] = order.named;
  // Data that leaves the house is in the trail, whether or not the export comes to its end.
  data::PlatformAct act{.user = call.principal->responsible(),
                        .trace = call.trace_id,
                        .subject = "platform.export",
                        .key = job.id.to_string(),
                        .action = "exported",
                        .after = {}};
  auto after = job.request;
  after["entity"] = job.entity;
  act.after = json::serialize(after);
  auto work = [this, order, viewer = call.viewer](JobRun& run) {
    return write(run, order, viewer);
  };
  TENON_CO_TRY(
      co_await data::record_act(*call.tenant, std::move(act), desk_.clock().now(), call.deadline));
  TENON_CO_TRY(co_await desk_.begin(call.tenant, job, std::move(work), call.deadline));
  co_return shown(202, job, call, desk_.outlook());
}

Result<json::object> Exports::write(JobRun& run, const Order& order,
                                    const data::Viewer& viewer) const {
  TENON_ASSIGN(view, view_of(run.tenant(), viewer, Deadline::after(limits_.longest)));
  TENON_ASSIGN(entity, view.catalog->entity(order.plugin, order.entity));
  TENON_ASSIGN(query, data::parse_query(*entity, order.query, viewer, view.catalog));
  TENON_ASSIGN(columns, table_of(*entity, query, viewer, order.headings, order.locale));
  const auto& job = run.job();
  TENON_ASSIGN(out, desk_.spool().begin(run.tenant()->name(), job.id, kPart, "exports"));
  const auto guard = order.guard ? data::Guard::formulas : data::Guard::none;
  std::unique_ptr<TableWriter> table;
  if (order.format == ExportFormat::csv)
    table = make_csv_table(columns, out, guard, order.mark ? Mark::utf8 : Mark::none);
  if (order.format == ExportFormat::xlsx) {
    const auto label = label_in(entity->entity().display_name, order.locale, entity->name());
    TENON_ASSIGN(
        made, make_xlsx_table(columns, out.unfinished(),
                              {.sheet = label, .sheet_rows = limits_.sheet_rows, .guard = guard}));
    table = std::move(made);
  }
  std::uint64_t rows = 0, bytes = 0;
  std::vector<std::string_view> cells;
  const auto one = [&](std::string_view row) -> Result<> {
    bytes += row.size();
    if (!table) {
      TENON_TRY(out.write(row));
      return out.write("\n");
    }
    TENON_TRY(cells_of(row, query, cells));
    return table->row(cells);
  };
  data::Walk walk(std::move(view.snapshot), *entity, query);
  for (;;) {
    TENON_ASSIGN(page, walk.next());
    if (!page) break;
    rows += page->rows;
    if (rows > limits_.rows) return too_many(limits_.rows);
    TENON_TRY(data::each_element(page->json, one));
    if (bytes / kPacked > desk_.spool().limits().file_bytes)
      return too_large(desk_.spool().limits().file_bytes);
    if (run.stopped()) return fail(ErrorCode::cancelled, "It was stopped.");
    run.progress({{"rows", rows}});
  }
  if (table) TENON_TRY(table->finish());
  TENON_TRY(out.keep());
  if (out.size() > desk_.spool().limits().file_bytes) {
    desk_.spool().remove(run.tenant()->name(), job.id);
    return too_large(desk_.spool().limits().file_bytes);
  }
  return json::object{{"rows", rows}, {"bytes", out.size()}};
}

Task<http::Response> Exports::list(modules::RouteCall call, http::Request) {
  TENON_CO_ASSIGN(jobs, co_await desk_.list_own(call, kListed));
  json::array rows;
  for (const auto& job : jobs) rows.push_back(to_json(job, call.locale, desk_.outlook()));
  co_return http::Response::json(200, json::serialize(rows));
}

Task<http::Response> Exports::show(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  co_return shown(200, job, call, desk_.outlook());
}

Task<http::Response> Exports::content(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  if (job.state != JobState::done)
    co_return fail(Error(ErrorCode::conflict,
                         fmt::format("This export is {}; there is a file when it is done.",
                                     to_string(job.state)))
                       .because("exports.not_ready"));
  if (job.expires_at <= desk_.clock().now())
    co_return fail(Error(ErrorCode::not_found, "The file is not kept any more; begin again.")
                       .because("bulk.gone"));
  const auto path = desk_.spool().path(call.tenant->name(), job.id, kPart);
  TENON_CO_ASSIGN(reader, co_await desk_.files().run([path] { return SpoolReader::open(path); }));
  const auto* said = job.request.if_contains("format");
  auto format = ExportFormat::csv;
  for (const auto one : {ExportFormat::xlsx, ExportFormat::json_lines})
    if (said != nullptr && *said == json::value(to_string(one))) format = one;
  co_return send_file(desk_.files(), std::move(reader), media_type_of(format), job.name);
}

Task<http::Response> Exports::cancel(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  TENON_CO_ASSIGN(now, co_await desk_.cancel(call.tenant, job.id, call.deadline));
  co_return shown(200, now, call, desk_.outlook());
}

Task<http::Response> Exports::erase(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  TENON_CO_TRY(co_await desk_.erase(call.tenant, job.id, call.deadline));
  co_return http::Response(204);
}

}  // namespace tenon::services
