// Several changes of several entities as one transaction; a later one may use what an earlier one
// gave (data/batch.h has the form). Each goes through the hook of its module.

#include "data/batch.h"

#include <utility>

#include "api/describe.h"
#include "api/json_body.h"
#include "api/prefer.h"
#include "api/routes.h"
#include "api/target.h"
#include "api/write_rows.h"
#include "data/act.h"

namespace tenon::api {
namespace {

struct Batch {
  plugins::Host* host = nullptr;
  std::shared_ptr<const data::Catalog> catalog;   // shared: keeps `entities` alive
  std::vector<const data::EntityInfo*> entities;  // one for each operation
  std::vector<data::Operation> operations;
  Preferences preferences;
};

/// Finds the entity of each operation and asks for the right to it.
Result<> resolve(Batch& batch, const App& app, const RequestContext& context) {
  for (std::size_t i = 0; i < batch.operations.size(); ++i) {
    const auto& name = batch.operations[i].entity;
    const auto dot = std::min(name.find('.'), name.size());
    auto target =
        target_of(app, context, name.substr(0, dot),
                  dot == name.size() ? std::string() : name.substr(dot + 1), Want::manage);
    if (!target) return data::at_item(std::move(target.error()), i);
    // All of one catalog: an install between two look-ups must not mix two.
    const auto* entity = batch.catalog->find(target->entity->plugin(), target->entity->name());
    if (entity == nullptr)
      return data::at_item(
          Error(ErrorCode::not_found, "there is no \"" + name + "\"").because("http.not_found"), i);
    batch.entities.push_back(entity);
  }
  return {};
}

Task<data::Applied> perform(plugins::Host* host, plugins::RecordWrite write,
                            const data::EntityInfo* entity, const data::Operation* operation,
                            std::optional<RecordId> id, json::object fields) {
  using Kind = data::Operation::Kind;
  data::Applied applied;
  if (operation->kind == Kind::erase) {
    applied.id = *id;
    TENON_CO_TRY(
        co_await plugins::erase_record(*host, std::move(write), *entity, *id, operation->version));
    co_return applied;
  }
  if (operation->kind == Kind::upsert) {
    TENON_CO_ASSIGN(upserted, co_await plugins::upsert_record(
                                  *host, std::move(write), *entity, std::move(fields),
                                  operation->on_conflict, operation->resolution));
    applied.record = std::move(upserted.record);
  } else if (operation->kind == Kind::update) {
    TENON_CO_ASSIGN(changed,
                    co_await plugins::update_record(*host, std::move(write), *entity, *id,
                                                    std::move(fields), operation->version));
    applied.record = std::move(changed);
  } else {
    TENON_CO_ASSIGN(
        made, co_await plugins::insert_record(*host, std::move(write), *entity, std::move(fields)));
    applied.record = std::move(made);
  }
  applied.id = applied.record->id;
  co_return applied;
}

Task<std::vector<data::Applied>> perform_all(const Batch* batch, data::UnitOfWork* unit,
                                             const Site* site) {
  std::vector<data::Applied> results;
  data::References references;
  for (std::size_t i = 0; i < batch->operations.size(); ++i) {
    const auto& operation = batch->operations[i];
    auto id = references.id(operation);
    if (!id) co_return data::at_item(std::move(id.error()), i);
    auto fields = references.fields(operation);
    if (!fields) co_return data::at_item(std::move(fields.error()), i);
    auto done = co_await perform(batch->host, {.work = *unit, .origin = site->origin},
                                 batch->entities[i], &operation, *id, std::move(*fields));
    if (!done) co_return data::at_item(std::move(done.error()), i);
    if (auto noted = references.add(i, operation, *done); !noted)
      co_return data::at_item(std::move(noted.error()), i);
    results.push_back(std::move(*done));
  }
  co_return results;
}

/// Brings the records up to date: roll-ups and numbers are settled at the end, and later operations
/// may have changed what earlier ones gave. One that is gone stays as it was.
Result<> refresh(data::UnitOfWork& unit, const Batch& batch, std::vector<data::Applied>& results) {
  TENON_TRY(unit.settle());
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto& record = results[i].record;
    if (!record) continue;
    auto now = unit.get(*batch.entities[i], record->id);
    if (now)
      record = std::move(*now);
    else if (now.error().code() != ErrorCode::not_found)
      return std::unexpected(std::move(now.error()));
  }
  return {};
}

Task<Answer> run(const Batch* batch, data::UnitOfWork* unit, const Site* site) {
  TENON_CO_ASSIGN(results, co_await perform_all(batch, unit, site));
  const bool shown = batch->preferences.what == Return::representation;
  if (shown && !results.empty()) TENON_CO_TRY(TENON_CO_ACT(*unit, refresh(*unit, *batch, results)));
  std::string text = "[";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& result = results[i];
    text += i == 0 ? "{\"entity\":\"" : ",{\"entity\":\"";
    text += batch->entities[i]->full_name() + "\",\"id\":\"" + result.id.to_string() + "\"";
    if (result.record) text += ",\"version\":" + std::to_string(result.record->version);
    if (result.record && shown) text += ",\"record\":" + result.record->json;
    text += '}';
  }
  co_return Answer{
      .status = 200, .body = text + "]", .applied = applied(batch->preferences, Use::write)};
}

Task<http::Response> batch(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(body, json_value(request));
  TENON_CO_ASSIGN(preferences, preferences_of(request));
  TENON_CO_ASSIGN(operations, data::parse_batch(body));
  Batch made{.host = &app->host,
             .catalog = site.workspace->tenant()->catalog(),
             .entities = {},
             .operations = std::move(operations),
             .preferences = preferences};
  TENON_CO_TRY(resolve(made, *app, context));
  const auto end = preferences.dry_run ? End::rollback : End::commit;
  TENON_CO_ASSIGN(
      answer,
      co_await transact<Answer>(
          *app, site,
          [made = std::make_shared<const Batch>(std::move(made)),  // shared with each run's copy
           key = once_key(context, request)](data::UnitOfWork& unit, const Site& here) {
            return answer_once(
                &unit, key, here.origin.deadline,
                [made, unit = &unit, here = &here] { return run(made.get(), unit, here); });
          },
          end));
  co_return to_response(std::move(answer));
}

}  // namespace

Table batch_routes() {
  Table table("batch", {"批量操作", "Batches"});
  table.add(http::Method::post, "/api/v1/$batch", Access::signed_in, batch,
            {.id = "run_batch",
             .summary = {"把多项更改作为一个事务", "Several changes as one transaction"},
             .about = {"后面的操作可用 {\"$ref\": \"名称/字段\"} 引用前面的结果。",
                       "A later operation may use what an earlier one gave: {\"$ref\": "
                       "\"name/field\"}."},
             .headers = {{"Prefer", kPrefer}, {"Idempotency-Key", kIdempotencyKey}},
             .body = "[BatchOperation](..500)",
             .replies = {{200,
                          "[{entity: text, id: uuid, version?: int(1..), record?: {...}}]",
                          {"Preference-Applied?", "Idempotency-Replayed?"}}},
             .failures = {404, 409, 412},
             .types = {{"BatchOperation",
                        "{op: 'insert'|'update'|'upsert'|'delete', entity: text(1..), as?: text, "
                        "id?: uuid|{...}|null, fields?: {...}, version?: int(1..), on_conflict?: [text], "
                        "resolution?: 'merge'|'ignore'}"}}});
  return table;
}

}  // namespace tenon::api
