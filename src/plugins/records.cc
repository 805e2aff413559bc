#include "plugins/records.h"

#include <utility>

#include "data/act.h"
#include "data/decode.h"
#include "data/sight.h"

namespace tenon::plugins {
namespace {

const Installation* hooked(const Installations& installations, const data::EntityInfo& entity) {
  const auto found = installations.find(entity.plugin());
  if (found == installations.end()) return nullptr;
  return found->second.plugin->manifest.has_hook(entity.name(), HookPoint::before_save)
             ? &found->second
             : nullptr;
}

/// A longer text is held against the rules of its field before the hook, which would burn its fuel
/// on one that is too long anyway; the hook may mend a shorter one.
constexpr std::size_t kPlainText = 16384;

/// Refuses what a client may not set before the hook sees it: afterwards the hook's own values
/// stand there too.
Result<> check_writable(const RecordWrite& write, const data::EntityInfo& entity,
                        const json::object& fields) {
  if (write.author != data::Author::client) return {};
  TENON_TRY(data::Sight(entity, write.work.viewer()).check_written(fields));
  std::vector<FieldError> wrong;
  for (const auto& [name, value] : fields) {
    const auto column = entity.find(name);
    if (!column) continue;
    if (!entity.columns()[*column].writable)
      wrong.push_back(FieldError{
          .path = "/" + std::string(name), .code = "read_only", .message = "is set by the system"});
    const auto* text = value.if_string();
    if (text == nullptr || text->size() <= kPlainText) continue;
    if (auto typed = data::decode_json(entity.columns()[*column], value); !typed)
      wrong.push_back(FieldError{.path = "/" + std::string(name),
                                 .code = std::move(typed.error().code),
                                 .message = std::move(typed.error().message)});
  }
  if (wrong.empty()) return {};
  return fail(Error(ErrorCode::invalid, "some fields cannot be set")
                  .because("schema.fields")
                  .with_fields(std::move(wrong)));
}

/// Runs the owner's before-save hook; gives the fields as they shall be stored.
Task<json::object> run_hook(Host& host, RecordWrite write, const data::EntityInfo& entity,
                            std::string operation, std::string before, json::object fields) {
  const auto installations = write.origin.installations;
  const Installation* owner = hooked(*installations, entity);
  if (owner == nullptr) co_return fields;
  std::string change = "{\"before\":" + before + ",\"after\":" + json::serialize(fields) + "}";
  auto outcome = co_await host.before_save(
      CallArguments{.installation = *owner, .work = write.work, .origin = std::move(write.origin)},
      entity.name(), std::move(operation), std::move(change));
  if (!outcome.result) co_return std::unexpected(std::move(outcome.result.error()));
  auto saved = json::parse_object(*outcome.result);
  if (!saved)
    co_return fail(Error(ErrorCode::internal,
                         "the hook of \"" + entity.plugin() + "\" did not answer an object")
                       .because("plugin.answer"));
  co_return *std::move(saved);
}

/// The record that a hook compares with. Errors: conflict (`data.version`).
Result<data::Record> stored(data::UnitOfWork& work, const data::EntityInfo& entity, RecordId id,
                            const json::object& fields,
                            std::optional<std::uint64_t> expected_version) {
  TENON_ASSIGN(record, work.get(entity, id));
  TENON_TRY(work.check_version(entity, id, fields, expected_version));
  return std::move(record);
}

}  // namespace

bool has_save_hook(const Installations& installations, const data::EntityInfo& entity) {
  return hooked(installations, entity) != nullptr;
}

Task<json::object> save_hook(Host& host, RecordWrite write, const data::EntityInfo& entity,
                             std::optional<RecordId> existing, json::object fields) {
  std::string before = "null";
  if (existing) {
    auto& work = write.work;
    TENON_CO_ASSIGN(record, TENON_CO_ACT(work, work.get(entity, *existing)));
    before = std::move(record.json);
  }
  co_return co_await run_hook(host, std::move(write), entity, existing ? "update" : "insert",
                              std::move(before), std::move(fields));
}

Task<data::Record> insert_record(Host& host, RecordWrite write, const data::EntityInfo& entity,
                                 json::object fields) {
  TENON_CO_TRY(check_writable(write, entity, fields));
  data::UnitOfWork& work = write.work;
  const Deadline deadline = write.origin.deadline;
  TENON_CO_ASSIGN(saved, co_await run_hook(host, std::move(write), entity, "insert", "null",
                                           std::move(fields)));
  TENON_CO_TRY(co_await work.acquire(deadline));
  co_return TENON_CO_ACT(work, work.insert(entity, saved, data::Author::module));
}

Task<data::Record> update_record(Host& host, RecordWrite write, const data::EntityInfo& entity,
                                 RecordId id, json::object fields,
                                 std::optional<std::uint64_t> expected_version) {
  TENON_CO_TRY(check_writable(write, entity, fields));
  data::UnitOfWork& work = write.work;
  TENON_CO_TRY(co_await work.acquire(write.origin.deadline));
  TENON_CO_ASSIGN(before, TENON_CO_ACT(work, stored(work, entity, id, fields, expected_version)));
  TENON_CO_ASSIGN(saved, co_await run_hook(host, std::move(write), entity, "update", before.json,
                                           std::move(fields)));
  co_return TENON_CO_ACT(work,
                         work.update(entity, id, saved, before.version, data::Author::module));
}

namespace {

/// The id that a client names a row by, taken out of the fields.
Result<std::optional<RecordId>> take_id(json::object& fields) {
  const auto* value = fields.if_contains("id");
  if (value == nullptr || value->is_null()) {
    fields.erase("id");
    return std::optional<RecordId>();
  }
  const auto* text = value->if_string();
  const auto id = text == nullptr ? std::nullopt : RecordId::parse(*text);
  if (!id)
    return fail(Error(ErrorCode::invalid, "A field is wrong.")
                    .because("data.fields")
                    .with_field({"/id", "type", "A UUID is expected."}));
  fields.erase("id");
  return id;
}

Error no_such_id() {
  return Error(ErrorCode::invalid, "A field is wrong.")
      .because("data.fields")
      .with_field(
          {"/id", "reference", "There is no such record; leave the id out to make a new one."});
}

}  // namespace

Task<data::Upserted> upsert_record(Host& host, RecordWrite write, const data::EntityInfo& entity,
                                   json::object fields, std::vector<std::string> key,
                                   data::Resolution resolution) {
  using Outcome = data::Upserted::Outcome;
  const bool by_id = key.empty() ? fields.contains("id") : key.size() == 1 && key.front() == "id";
  data::UnitOfWork& work = write.work;
  std::optional<RecordId> there;
  bool named = true;
  if (by_id) {
    TENON_CO_ASSIGN(id, take_id(fields));
    there = id;
    named = id.has_value();
  }
  TENON_CO_TRY(check_writable(write, entity, fields));
  TENON_CO_TRY(co_await work.acquire(write.origin.deadline));
  if (!there && !by_id) {
    TENON_CO_ASSIGN(keyed, TENON_CO_ACT(work, work.find_keyed(entity, fields, key)));
    named = keyed.named;
    there = keyed.id;
  }
  if (!named) {
    TENON_CO_ASSIGN(made, co_await insert_record(host, std::move(write), entity, fields));
    co_return data::Upserted{.record = std::move(made), .outcome = Outcome::inserted};
  }
  if (there && resolution == data::Resolution::ignore) {
    auto kept = TENON_CO_ACT(work, work.get(entity, *there));
    if (!kept && by_id) co_return fail(no_such_id());
    if (!kept) co_return std::unexpected(std::move(kept.error()));
    co_return data::Upserted{.record = *std::move(kept), .outcome = Outcome::ignored};
  }
  if (there) {
    auto changed =
        co_await update_record(host, std::move(write), entity, *there, fields, std::nullopt);
    if (!changed && by_id && changed.error().reason() == "data.not_found")
      co_return fail(no_such_id());
    if (!changed) co_return std::unexpected(std::move(changed.error()));
    co_return data::Upserted{.record = *std::move(changed), .outcome = Outcome::updated};
  }
  TENON_CO_ASSIGN(saved, co_await run_hook(host, std::move(write), entity, "insert", "null",
                                           std::move(fields)));
  co_return TENON_CO_ACT(work, work.upsert(entity, saved, key, resolution, data::Author::module));
}

Task<> erase_record(Host&, RecordWrite write, const data::EntityInfo& entity, RecordId id,
                    std::optional<std::uint64_t> expected_version) {
  TENON_CO_TRY(co_await write.work.acquire(write.origin.deadline));
  co_return TENON_CO_ACT(write.work, write.work.erase(entity, id, expected_version));
}

}  // namespace tenon::plugins
