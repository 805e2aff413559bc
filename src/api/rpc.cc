// Actions of plugins as PostgREST's remote procedures: POST runs one as a transaction, GET runs one
// that only reads and never keeps anything.

#include <algorithm>
#include <utility>

#include "api/accept.h"
#include "api/describe.h"
#include "api/json_body.h"
#include "api/once.h"
#include "api/prefer.h"
#include "api/representation.h"
#include "api/routes.h"
#include "api/target.h"
#include "data/bulk/import_row.h"
#include "data/query_text.h"
#include "http/query.h"

namespace tenon::api {
namespace {

/// An action, found and allowed.
struct Call {
  Site site;
  const plugins::Installation* installation = nullptr;  // of site.origin.installations
  const plugins::Action* action = nullptr;
};

Result<Call> call_of(const App& app, const RequestContext& context, const http::Request& request) {
  TENON_ASSIGN(site, site_of(app, context));
  const auto found = site.origin.installations->find(request.parameter("plugin"));
  if (found == site.origin.installations->end())
    return fail(
        Error(ErrorCode::not_found, "this plugin is not installed").because("http.not_found"));
  const auto& manifest = found->second.plugin->manifest;
  const std::string name(request.parameter("action"));
  const auto* action = manifest.find_action(name);
  if (action == nullptr)
    return fail(Error(ErrorCode::not_found, "there is no action \"" + name.substr(0, 64) + "\"")
                    .because("http.not_found"));
  if (!action->permission.empty())
    TENON_TRY(check_permission(context, found->first + "." + action->permission));
  return Call{.site = std::move(site), .installation = &found->second, .action = action};
}

/// Lists may come as PostgreSQL writes them, `{a,b}`, as clients of PostgREST send them.
Result<json::value> value_of(const data::Field& field, const std::string& text) {
  const bool list =
      field.type == data::FieldType::json || field.type == data::FieldType::multi_select;
  const bool braced = text.size() >= 2 && text.front() == '{' && text.back() == '}';
  if (!list || !braced || json::parse(text)) return data::cell_value(field.type, text);
  const auto parts = data::split_outside(std::string_view(text).substr(1, text.size() - 2), ',');
  json::array items;
  for (const auto part : parts.value_or(std::vector<std::string_view>())) {
    auto item = data::unquote(part);
    if (!item) return fail(Error(ErrorCode::invalid, "The quotes do not close.").because("syntax"));
    items.emplace_back(std::move(*item));
  }
  return json::value(std::move(items));
}

/// The input of a GET: each parameter by the kind of the action's field of its name.
Result<json::object> input_of(const http::Request& request, const plugins::Action& action) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  json::object input;
  std::vector<FieldError> errors;
  for (const auto& [name, text] : pairs) {
    const auto path = "/query/" + name.substr(0, 64);
    const auto field = std::ranges::find(action.input, name, &data::Field::name);
    if (field == action.input.end() || input.contains(name)) {
      errors.push_back({path, field == action.input.end() ? "unknown" : "syntax",
                        field == action.input.end() ? "The action has no such input."
                                                    : "This input is given twice."});
      continue;
    }
    auto value = value_of(*field, text);
    if (value)
      input[name] = std::move(*value);
    else
      errors.push_back({path, value.error().reason(), value.error().message()});
  }
  if (errors.empty()) return input;
  return fail(Error(ErrorCode::invalid, "Some inputs are wrong.")
                  .because("query.parameter")
                  .with_fields(std::move(errors)));
}

/// What the action answered in the form that was asked for: rows, when it is an array of objects.
Result<std::string> shown(Form form, std::string output) {
  if (form.media == Media::array && !form.strip_nulls) return output;
  // The text is the plugin's: only after this is it known to be laid out as ours.
  TENON_ASSIGN(value, json::parse(output, {.bytes = std::size_t{16} << 20U}));
  output = json::serialize(value);
  if (value.is_object() && form.media == Media::csv) output = "[" + output + "]";
  if (!value.is_array() && form.media != Media::csv)
    return form.strip_nulls ? without_nulls(output) : std::move(output);
  const bool table = value.is_object() ||
                     (value.is_array() && std::ranges::all_of(value.get_array(), [](auto& row) {
                        return row.is_object();
                      }));
  if (form.media == Media::csv && !table)
    return fail(
        Error(ErrorCode::invalid, "The answer is no table.").because("http.not_acceptable"));
  return represent_rows(form, std::move(output), {});
}

Task<Answer> run(plugins::Host* host, const plugins::Installation* installation, std::string name,
                 std::string input, Form form, data::UnitOfWork* unit, const Site* site) {
  auto outcome = co_await host->run_action(
      {.installation = *installation, .work = *unit, .origin = site->origin}, std::move(name),
      std::move(input));
  if (!outcome.result) co_return std::unexpected(std::move(outcome.result.error()));
  TENON_CO_ASSIGN(body, shown(form, *std::move(outcome.result)));
  co_return Answer{.status = 200, .body = std::move(body), .type = std::string(content_type(form))};
}

Task<http::Response> post(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(call, call_of(*app, context, request));
  TENON_CO_ASSIGN(form, form_of(request));
  TENON_CO_ASSIGN(preferences, preferences_of(request));
  TENON_CO_TRY(check_parameters(request, {}));
  TENON_CO_ASSIGN(input, json_object(request));
  form.strip_nulls = form.strip_nulls || preferences.strip_nulls;
  TENON_CO_ASSIGN(
      answer, co_await transact<Answer>(
                  *app, call.site,
                  [host = &app->host, installation = call.installation, name = call.action->name,
                   input = json::serialize(input), form = form,
                   key = once_key(context, request)](data::UnitOfWork& unit, const Site& here) {
                    return answer_once(
                        &unit, key, here.origin.deadline, [=, unit = &unit, here = &here] {
                          return run(host, installation, name, input, form, unit, here);
                        });
                  },
                  preferences.dry_run ? End::rollback : End::commit));
  co_return to_response(std::move(answer));
}

/// A read must not write: what it wrote is undone, and it is told so.
Task<Answer> read(plugins::Host* host, const plugins::Installation* installation, std::string name,
                  std::string input, Form form, data::UnitOfWork* unit, const Site* site) {
  TENON_CO_ASSIGN(answer, co_await run(host, installation, std::move(name), std::move(input), form,
                                       unit, site));
  if (unit->tally().rows_written > 0 || unit->tally().events > 0)
    co_return fail(Error(ErrorCode::invalid, "This action changes records; send it with POST.")
                       .because("rpc.writes"));
  co_return std::move(answer);
}

Task<http::Response> get(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(call, call_of(*app, context, request));
  TENON_CO_ASSIGN(form, form_of(request));
  TENON_CO_ASSIGN(input, input_of(request, *call.action));
  auto answer = co_await transact<Answer>(
      *app, call.site,
      [host = &app->host, installation = call.installation, name = call.action->name,
       input = json::serialize(input), form = form](data::UnitOfWork& unit, const Site& here) {
        return read(host, installation, name, input, form, &unit, &here);
      },
      End::rollback);
  if (answer) co_return to_response(std::move(*answer));
  if (answer.error().reason() != "rpc.writes") co_return std::unexpected(std::move(answer.error()));
  auto response = Gate::problem(answer.error(), context.locale, context.trace);
  response.set("Allow", "POST");
  co_return response;
}

}  // namespace

Table rpc_routes() {
  using http::Method;
  Table table("actions", {"操作", "Actions"});
  const std::string action = "/api/v1/{plugin}/rpc/{action}";
  std::vector<modules::Reply> replies{
      {200, "any"}, {200, "any", {}, kObjectMedia}, {200, "text", {}, kCsvMedia}};
  table
      .add(Method::post, action, Access::signed_in, post,
           {.id = "run_@",
            .summary = {"执行：@", "Run: @"},
            .headers = {{"Prefer", kPrefer}, {"Idempotency-Key", kIdempotencyKey}},
            .body = "@.input",
            .replies = replies,
            .failures = {404, 406, 409, 412, 500}})
      .each = Each::action;
  table
      .add(Method::get, action, Access::signed_in, get,
           {.id = "read_@",
            .summary = {"试算：@（不保存任何更改）", "Read: @ (nothing is kept)"},
            .query = {{"@input"}},
            .replies = replies,
            .failures = {404, 405, 406, 409, 412, 422, 500}})
      .each = Each::action;
  return table;
}

}  // namespace tenon::api
