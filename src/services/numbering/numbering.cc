#include "services/numbering/numbering.h"

#include <array>
#include <utility>

#include "data/act.h"
#include "data/durably.h"
#include "data/numbers.h"
#include "data/platform_act.h"
#include "data/schema_json.h"
#include "services/route_json.h"

namespace tenon::services {
namespace {

using data::Derived;
using data::EntityInfo;
using modules::RouteCall;
using storage::Value;

constexpr std::string_view kRead = "tenon.numbering.read";
constexpr std::string_view kManage = "tenon.numbering.manage";
constexpr std::int64_t kLargest = 1'000'000'000'000'000'000;  // data/numbers.h

/// One sequence. Lifetime: the catalog's.
struct Sequence {
  const EntityInfo* entity = nullptr;
  const Derived::Numbered* numbered = nullptr;
};

std::vector<Sequence> sequences_of(const data::Catalog& catalog) {
  std::vector<Sequence> all;
  for (const auto* entity : catalog.entities())
    for (const auto& numbered : entity->derived().numbers) all.push_back({entity, &numbered});
  return all;
}

/// The next number that nobody has taken; 1 where nothing was counted yet.
Result<std::int64_t> next_of(storage::Session& session, std::string_view name,
                             std::string_view period) {
  std::int64_t next = 1;
  const std::array<Value, 2> values{name, period};
  TENON_TRY(session.query("SELECT next FROM number_sequence WHERE name = ?1 AND period = ?2",
                          values, [&](const storage::Row& row) {
                            next = row.integer(0);
                            return storage::Visit::stop;
                          }));
  return next;
}

Result<json::object> shown(storage::Session& session, const Sequence& sequence, Timestamp now) {
  const auto& [entity, numbered] = sequence;
  const auto& field = *entity->columns()[numbered->column].field;
  const auto period = numbered->format.period(now);
  TENON_ASSIGN(next, next_of(session, numbered->name, period));
  return json::object{{"sequence", numbered->name},
                      {"plugin", entity->plugin()},
                      {"entity", entity->name()},
                      {"field", field.name},
                      {"label", label_json(field.display_name)},
                      {"entity_label", label_json(entity->entity().display_name)},
                      {"format", field.numbering.format},
                      {"mode", data::to_string(numbered->mode)},
                      {"period", period},
                      {"next", next},
                      {"example", numbered->format.text(next, now)}};
}

Result<json::array> read_all(data::Tenant& tenant, Timestamp now) {
  const auto catalog = tenant.catalog();
  TENON_ASSIGN(lease, tenant.database().reader());
  json::array all;
  for (const auto& sequence : sequences_of(*catalog)) {
    TENON_ASSIGN(one, shown(lease.session(), sequence, now));
    all.push_back(std::move(one));
  }
  return all;
}

Task<http::Response> list(const Clock* clock, RouteCall call, http::Request) {
  const auto now = clock->now();
  TENON_CO_ASSIGN(all, TENON_CO_ACT(*call.tenant, read_all(*call.tenant, now)));
  co_return answer(all);
}

std::unexpected<Error> wrong(std::string path, std::string code, std::string message) {
  return fail(Error(ErrorCode::invalid, message)
                  .because("schema.fields")
                  .with_field({std::move(path), std::move(code), message}));
}

/// The `next` of `{"next": 500}`.
Result<std::int64_t> wanted_of(const http::Request& request) {
  TENON_ASSIGN(body, body_object(request));
  if (body.contains("format"))
    return wrong("/format", "read_only",
                 "The format is the module's; a new version of the module may change it.");
  constexpr std::array<std::string_view, 1> kMembers{"next"};
  TENON_TRY(refuse_unknown(body, kMembers));
  const auto* next = body.if_contains("next");
  if (next == nullptr) return wrong("/next", "required", "The next number is missing.");
  if (!next->is_int64()) return wrong("/next", "type", "A whole number is expected.");
  if (next->get_int64() < 1 || next->get_int64() > kLargest)
    return wrong("/next", "range", "A number from 1 to 10^18 is expected.");
  return next->get_int64();
}

Result<json::object> raise(storage::Session& session, const Sequence& sequence,
                           const RouteCall& call, std::int64_t next, Timestamp now) {
  const auto& name = sequence.numbered->name;
  const auto period = sequence.numbered->format.period(now);
  TENON_ASSIGN(before, next_of(session, name, period));
  if (next < before)
    return fail(Error(ErrorCode::invalid, "The next number is " + std::to_string(before) +
                                              " already and can only be made larger.")
                    .because("number.backwards")
                    .with_field({.path = "/next",
                                 .code = "minimum",
                                 .message = "The least value is " + std::to_string(before) + "."}));
  if (next > before) {
    const std::array<Value, 3> values{std::string_view(name), std::string_view(period), next};
    TENON_TRY(session.execute(
        "INSERT INTO number_sequence(name, period, next) VALUES(?1, ?2, ?3) ON CONFLICT(name, "
        "period) DO UPDATE SET next = ?3",
        values));
    TENON_TRY(data::note_act(session,
                             {.user = call.principal->responsible(),
                              .trace = call.trace_id,
                              .subject = "platform.numbering",
                              .key = name,
                              .action = "changed",
                              .after = json::serialize(json::object{
                                  {"period", period}, {"next", next}, {"next_before", before}})},
                             now));
  }
  return shown(session, sequence, now);
}

Task<http::Response> patch(const Clock* clock, RouteCall call, http::Request request) {
  const std::string name(request.parameter("sequence"));
  const auto catalog = call.tenant->catalog();
  std::optional<Sequence> found;
  for (const auto& sequence : sequences_of(*catalog))
    if (sequence.numbered->name == name) found = sequence;
  if (!found)
    co_return fail(Error(ErrorCode::not_found,
                         "there is no number sequence \"" + name.substr(0, 100) + "\" here")
                       .because("number.sequence_unknown"));
  TENON_CO_ASSIGN(next, wanted_of(request));
  const auto now = clock->now();
  auto transaction = [&](storage::Session& session) {
    return raise(session, *found, call, next, now);
  };
  TENON_CO_ASSIGN(after, co_await data::run_durably(call.tenant->database(), call.deadline,
                                                    std::move(transaction)));
  co_return answer(after);
}

}  // namespace

data::Localized Numbering::name() const {
  return {{"en", "Number sequences"}, {"zh-CN", "编号规则"}};
}
Version Numbering::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

Task<> Numbering::on_startup(modules::ModuleContext context) {
  context_.emplace(std::move(context));
  co_return Result<>();
}

std::vector<modules::Route> Numbering::protected_routes() {
  const auto* clock = &context_->clock;
  return {{.method = http::Method::get,
           .pattern = "/api/v1/numbering",
           .handler =
               [clock](RouteCall call, http::Request request) {
                 return list(clock, std::move(call), std::move(request));
               },
           .permission = std::string(kRead)},
          {.method = http::Method::patch,
           .pattern = "/api/v1/numbering/{sequence}",
           .handler =
               [clock](RouteCall call, http::Request request) {
                 return patch(clock, std::move(call), std::move(request));
               },
           .permission = std::string(kManage)}};
}

}  // namespace tenon::services
