#include "services/imports/imports.h"

#include <charconv>
#include <utility>

#include "data/bulk/charset.h"
#include "data/files/file_name.h"
#include "http/query.h"
#include "services/bulk/send.h"
#include "services/exports/order.h"
#include "services/imports/csv_files.h"

namespace tenon::services {
namespace {

constexpr std::size_t kListed = 100;
constexpr std::size_t kShown = 100;
constexpr std::size_t kMostShown = 1000;
constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr std::string_view kSent = "csv";
constexpr std::string_view kErrors = "errors";
constexpr std::string_view kBad = "bad";

http::Response shown(int status, const Job& job, const modules::RouteCall& call,
                     const Outlook& outlook) {
  auto response = http::Response::json(status, json::serialize(to_json(job, call.locale, outlook)));
  if (status != 200) response.set("Location", "/api/v1/imports/" + job.id.to_string());
  return response;
}

std::unexpected<Error> wrong_parameter(std::string_view name, std::string message) {
  const auto path = "/query/" + std::string(name.substr(0, 64));
  return fail(Error(ErrorCode::invalid, "A parameter is wrong: " + message)
                  .because("query.parameter")
                  .with_field({path, "unknown", std::move(message)}));
}

/// The charset of a body that may be an import. Forms are refused: another site can send one.
Result<data::Charset> charset_of(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  if (type != "text/csv" && type != "application/octet-stream")
    return fail(Error(ErrorCode::invalid,
                      "Send the file as the body with Content-Type: text/csv (UTF-8), or text/csv; "
                      "charset=gb18030.")
                    .because("http.media_type"));
  const auto at = content_type.find("charset=");
  if (at == std::string_view::npos) return data::Charset::utf8;
  auto name = content_type.substr(at + 8);
  name = name.substr(0, name.find(';'));
  if (name.size() > 1 && name.front() == '"') name = name.substr(1, name.size() - 2);
  const auto charset = data::charset_from(name);
  if (charset) return *charset;
  return fail(Error(ErrorCode::invalid, "Only UTF-8 and GB18030 (GBK) are understood.")
                  .because("http.media_type"));
}

/// Nothing of it stays, so it may begin again.
bool may_start(const Job& job) {
  if (job.state == JobState::uploaded) return true;
  if (is_active(job.state)) return false;
  const auto* written = job.progress.if_contains("written");
  return written == nullptr || !written->is_bool() || !written->get_bool();
}

std::size_t number_in(std::string_view text, std::size_t most) {
  std::size_t value = most + 1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

struct Imports::Asked {
  std::string entity;  // full name
  std::string name;
  std::optional<DeclaredImport> declared;
  std::optional<data::ImportMode> mode;  // begins at once
  std::vector<std::string> key;
  bool dry = false;
};

Imports::Imports(const Outlook& outlook, const std::filesystem::path& folder, ImportLimits limits)
    : limits_(limits),
      desk_("import", outlook, Spool(folder / "imports", limits.spool), limits.desk,
            [this](const std::shared_ptr<data::Tenant>& tenant, Job& job) {
              return settle(tenant, job);
            }) {}

Chore Imports::chore() {
  return {.name = "import_files",
          .run = [this](std::shared_ptr<data::Tenant> tenant, Timestamp now, Deadline deadline) {
            return desk_.sweep(std::move(tenant), now, deadline);
          }};
}

data::Localized Imports::name() const { return {{"en", "Imports"}, {"zh-CN", "导入"}}; }
Version Imports::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

modules::Migrations Imports::migrations() const {
  return {.version = 1, .scripts = {desk_.script()}, .entities = {}};
}

Task<> Imports::on_startup(modules::ModuleContext context) {
  desk_.open(context);
  co_return Result<>();
}
Task<> Imports::on_shutdown(Deadline deadline) { return desk_.close(deadline); }

Task<modules::Health> Imports::health_check(Deadline) {
  co_return modules::Health{
      .status = modules::Health::Status::healthy, .message = {}, .details = desk_.figures()};
}

Task<> Imports::on_tenant_deleted(modules::TenantContext context) {
  co_return co_await desk_.files().run([this, name = context.tenant->name()]() -> Result<> {
    desk_.spool().remove_all(name);
    return {};
  });
}

std::vector<modules::Route> Imports::protected_routes() {
  const auto to = [this](auto method) {
    return [this, method](modules::RouteCall call, http::Request request) {
      return (this->*method)(std::move(call), std::move(request));
    };
  };
  const std::string all = "/api/v1/imports";
  const auto one = all + "/{id}";
  using http::Method;
  std::vector<modules::Route> routes = {
      {.method = Method::post, .pattern = all, .handler = to(&Imports::create)},
      {.method = Method::get, .pattern = all, .handler = to(&Imports::list)},
      {.method = Method::get, .pattern = one, .handler = to(&Imports::show)},
      {.method = Method::post, .pattern = one + "/start", .handler = to(&Imports::start)},
      {.method = Method::get, .pattern = one + "/errors", .handler = to(&Imports::errors)},
      {.method = Method::post, .pattern = one + "/cancel", .handler = to(&Imports::cancel)},
      {.method = Method::del, .pattern = one, .handler = to(&Imports::erase)}};
  // Above what the spool takes, whose refusal names the limit.
  routes.front().body_bytes = limits_.spool.file_bytes + kPiece;
  routes.front().streams_body = true;
  return routes;
}

Result<Imports::Asked> Imports::asked(const modules::RouteCall& call,
                                      const http::Request& request) const {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  Asked asked;
  std::string import;
  for (const auto& [name, value] : pairs) {
    if (name == "entity") {
      asked.entity = value;
    } else if (name == "import") {
      import = value;
    } else if (name == "name") {
      asked.name = data::clean_file_name(value);
    } else if (name == "mode") {
      if (value != "all_or_nothing" && value != "skip_bad_rows")
        return wrong_parameter(name, "all_or_nothing or skip_bad_rows is expected.");
      asked.mode = value == "skip_bad_rows" ? data::ImportMode::skip_bad_rows
                                            : data::ImportMode::all_or_nothing;
    } else if (name == "key") {
      for (std::size_t at = 0; at <= value.size();) {
        const auto end = std::min(value.find(',', at), value.size());
        asked.key.push_back(value.substr(at, end - at));
        at = end + 1;
      }
    } else if (name == "dry_run") {
      asked.dry = value == "true";
    } else {
      return wrong_parameter(name, "There is no such parameter here.");
    }
  }
  if (asked.entity.empty() == import.empty())
    return wrong_parameter("entity", "Either entity=crm.customer or import=… is expected.");
  if (!import.empty()) {
    const auto dot = std::min(import.find('.'), import.size());
    const auto list = desk_.outlook().declared(call.tenant->name(), import.substr(0, dot));
    const auto* found =
        list && dot < import.size() ? named(list->imports, import.substr(dot + 1)) : nullptr;
    if (found == nullptr)
      return fail(Error(ErrorCode::not_found, "No module that is enabled declares the import \"" +
                                                  import.substr(0, 80) + "\".")
                      .because("bulk.named"));
    if (!found->permission.empty() && !call.principal->has(found->permission))
      return fail(Error(ErrorCode::denied, "this needs the right " + found->permission)
                      .because("permission"));
    asked.entity = import.substr(0, dot) + "." + found->entity;
    asked.declared = *found;
  }
  return asked;
}

Task<> Imports::receive(const Job* job, std::string tenant, http::BodySource* source,
                        std::string_view content_type) {
  TENON_CO_ASSIGN(charset, charset_of(content_type));
  if (source == nullptr)
    co_return fail(Error(ErrorCode::invalid, "The file is empty: its first line names the columns.")
                       .because("imports.empty"));
  data::ToUtf8 text(charset);
  TENON_CO_ASSIGN(out, co_await desk_.files().run(
                           [&] { return desk_.spool().begin(tenant, job->id, kSent, "imports"); }));
  std::string piece;
  for (bool more = true; more;) {
    TENON_CO_ASSIGN(part, co_await source->read());
    more = !part.empty();
    piece += part;
    if (more && piece.size() < kPiece) continue;
    TENON_CO_TRY(co_await desk_.files().run([&]() -> Result<> {
      std::string good;
      TENON_TRY(text.feed(piece, good));
      if (!more) TENON_TRY(text.finish(good));
      return out.write(good);
    }));
    piece.clear();
  }
  co_return co_await desk_.files().run([&] { return out.keep(); });
}

Task<http::Response> Imports::create(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(asked, this->asked(call, request));
  const auto catalog = call.tenant->catalog();
  TENON_CO_ASSIGN(entity, entity_for(call, *catalog, asked.entity, ".manage"));
  auto job = desk_.made(call, entity->full_name(),
                        asked.name.empty() ? entity->name() + ".csv" : asked.name);
  const auto tenant = call.tenant->name();
  TENON_CO_TRY(co_await receive(&job, tenant, request.body_source(),
                                request.header("Content-Type").value_or("")));
  const auto path = desk_.spool().path(tenant, job.id, kSent);
  auto head = co_await desk_.files().run([&] { return head_of(path, limits_.csv); });
  if (!head) {
    desk_.spool().remove(tenant, job.id);
    co_return std::unexpected(std::move(head.error()));
  }
  ImportPlan plan;
  for (auto& column : guess_columns(*catalog, *entity, call.viewer, *head))
    plan.columns.push_back({.header = std::move(column.header),
                            .field = std::move(column.field),
                            .by = std::move(column.by)});
  if (asked.declared) {
    plan.key = asked.declared->key;
    if (asked.declared->mode == "skip_bad_rows") plan.mode = data::ImportMode::skip_bad_rows;
    for (auto& column : plan.columns)
      for (const auto& said : asked.declared->columns)
        if (said.header == column.header) {
          column.field = said.field;
          column.by = said.by;
        }
  }
  if (!asked.key.empty()) plan.key = asked.key;
  if (asked.mode) plan.mode = *asked.mode;
  if (asked.dry) plan.run = data::ImportRun::dry;
  job.state = JobState::uploaded;
  job.request = to_json(plan, &*head);
  TENON_CO_TRY(co_await desk_.rows().insert(call.tenant, job, limits_.desk.active_per_tenant, {},
                                            call.deadline));
  if (!asked.mode && !asked.dry) co_return shown(201, job, call, desk_.outlook());
  auto begun = co_await begin(call, job, std::move(plan));
  if (!begun) {  // nobody was told of it
    (void)co_await desk_.erase(call.tenant, job.id, call.deadline);
    co_return std::unexpected(std::move(begun.error()));
  }
  co_return shown(202, *begun, call, desk_.outlook());
}

Task<http::Response> Imports::start(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  TENON_CO_ASSIGN(plan, plan_of(request.body(), plan_of(job.request)));
  TENON_CO_ASSIGN(begun, co_await begin(call, job, std::move(plan)));
  co_return shown(202, begun, call, desk_.outlook());
}

Task<Job> Imports::begin(modules::RouteCall call, Job job, ImportPlan plan) {
  const auto catalog = call.tenant->catalog();
  TENON_CO_ASSIGN(entity, entity_for(call, *catalog, job.entity, ".manage"));
  std::vector<std::string> headers;
  for (const auto& column : plan.columns) headers.push_back(column.header);
  TENON_CO_TRY(check_plan(plan, headers, *catalog, *entity, call.viewer));
  const auto expired = job.expires_at <= desk_.clock().now();
  auto request = to_json(plan, nullptr);
  request["locale"] = call.locale;
  auto change = [this, request = std::move(request), expired](Job& row) -> Result<> {
    if (expired)
      return fail(Error(ErrorCode::not_found, "The file is not kept any more; begin again.")
                      .because("bulk.gone"));
    if (!may_start(row))
      return fail(Error(ErrorCode::conflict,
                        "It is under way, or has written its rows already. Send the file again.")
                      .because("imports.begun"));
    row.request = request;
    row.trace = TraceId::make(desk_.clock(), desk_.random());
    return {};
  };
  auto work = [this, call, plan = std::move(plan)](const Job&) -> JobDesk::Work {
    return [this, call, plan](JobRun& run) { return carry_out(run, plan, call); };
  };
  const auto tenant = call.tenant;
  const auto deadline = call.deadline;
  co_return co_await desk_.begin(tenant, job.id, std::move(change), std::move(work), deadline);
}

Task<http::Response> Imports::list(modules::RouteCall call, http::Request) {
  TENON_CO_ASSIGN(jobs, co_await desk_.list_own(call, kListed));
  json::array rows;
  for (const auto& job : jobs) rows.push_back(to_json(job, call.locale, desk_.outlook()));
  co_return http::Response::json(200, json::serialize(rows));
}

Task<http::Response> Imports::show(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  co_return shown(200, job, call, desk_.outlook());
}

Task<http::Response> Imports::errors(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  TENON_CO_ASSIGN(pairs, http::parse_query(request.query()));
  std::size_t limit = kShown, after = 0;
  bool csv = false;
  for (const auto& [name, value] : pairs) {
    if (name == "limit") limit = number_in(value, kMostShown);
    if (name == "after") after = number_in(value, limits_.errors * kMostShown);
    if (name == "format") csv = value == "csv";
    const bool known = name == "limit" || name == "after" || name == "format";
    if (!known || limit == 0 || limit > kMostShown)
      co_return wrong_parameter(name, "limit (1 to 1000), after and format=csv are known here.");
  }
  const auto tenant = call.tenant->name();
  const auto path = desk_.spool().path(tenant, job.id, csv ? kBad : kErrors);
  auto opened = co_await desk_.files().run([path] { return SpoolReader::open(path); });
  if (!opened && (csv || job.expires_at <= desk_.clock().now()))
    co_return fail(
        Error(ErrorCode::not_found, "There are no bad rows, or they are not kept any more.")
            .because("bulk.gone"));
  if (csv)
    co_return send_file(desk_.files(), *std::move(opened), "text/csv; charset=utf-8",
                        "errors-" + job.name);
  std::vector<RowProblem> found;
  if (opened) {
    TENON_CO_ASSIGN(some, co_await desk_.files().run([&] { return problems(path, after, limit); }));
    found = std::move(some);
  }
  const auto plan = plan_of(job.request);
  json::array rows;
  for (const auto& one : found) {
    const auto column = std::ranges::find(plan.columns, one.column, &data::ImportColumn::header);
    const auto field = column == plan.columns.end() ? std::string() : "/" + column->field;
    rows.push_back({{"row", one.row},
                    {"line", one.line},
                    {"column", one.column},
                    {"path", field},
                    {"code", one.rule},
                    {"message", words_of(desk_.outlook(), one.rule, one.message, call.locale)}});
  }
  co_return http::Response::json(200, json::serialize(rows));
}

Task<http::Response> Imports::cancel(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  TENON_CO_ASSIGN(now, co_await desk_.cancel(call.tenant, job.id, call.deadline));
  co_return shown(200, now, call, desk_.outlook());
}

Task<http::Response> Imports::erase(modules::RouteCall call, http::Request request) {
  const std::string id(request.parameter("id"));
  TENON_CO_ASSIGN(job, co_await desk_.own(call, id));
  TENON_CO_TRY(co_await desk_.erase(call.tenant, job.id, call.deadline));
  co_return http::Response(204);
}

}  // namespace tenon::services
