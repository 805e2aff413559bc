#include "plugins/host_api/data.h"

#include <algorithm>
#include <utility>

#include "plugins/host_api/acting.h"
#include "plugins/records.h"

namespace tenon::plugins {
namespace {

Task<GuestText> answer_later(Task<data::Record> work) {
  auto record = co_await std::move(work);
  if (!record) co_return to_answer(std::unexpected(std::move(record.error())));
  co_return to_answer(std::move(record->json));
}

std::optional<std::uint64_t> version_of(std::uint64_t expected) {
  if (expected == 0) return std::nullopt;
  return expected;
}

Result<RecordId> decode_id(std::string_view text) {
  const auto id = RecordId::parse(text);
  if (!id)
    return fail(Error(ErrorCode::not_found, "there is no such record").because("data.not_found"));
  return *id;
}

/// A plugin may fill the computed fields of its own entities.
data::Author author_of(const GuestContext& context, const data::EntityInfo& entity) {
  return entity.plugin() == context.plugin.id() ? data::Author::module : data::Author::client;
}

CallOrigin nested(const CallOrigin& origin) {
  CallOrigin inner = origin;
  ++inner.depth;
  return inner;
}

}  // namespace

Result<const data::EntityInfo*> authorise(const GuestContext& context, std::string_view name,
                                          Want want) {
  const Plugin& plugin = context.plugin;
  TENON_ASSIGN(entity, context.work.catalog().entity(plugin.id(), name));
  if (entity->plugin() == plugin.id()) return entity;
  const auto& capabilities = plugin.manifest.capabilities;
  const auto& granted = want == Want::read ? capabilities.read : capabilities.write;
  if (std::ranges::find(granted, entity->full_name()) == granted.end())
    return fail(Error(ErrorCode::denied,
                      "the plugin \"" + plugin.id() + "\" was not granted " + entity->full_name())
                    .because("capability"));
  const std::string permission = entity->full_name() + (want == Want::read ? ".list" : ".manage");
  if (!context.origin.principal->has(permission))
    return fail(
        Error(ErrorCode::denied, "this needs the right " + permission).because("permission"));
  return entity;
}

namespace {

/// Which rows a guest asks for; allowed and decoded.
struct Question {
  const data::EntityInfo* entity;
  data::Query query;
};

Result<Question> question_of(const GuestContext& context, std::string_view entity,
                             std::string_view text) {
  TENON_ASSIGN(allowed, authorise(context, entity, Want::read));
  TENON_ASSIGN(parameters, data::split_query(text));
  TENON_ASSIGN(query, data::parse_query(*allowed, parameters, context.work.viewer()));
  return Question{.entity = allowed, .query = std::move(query)};
}

/// Which row a guest means; decoded and allowed.
struct Target {
  const data::EntityInfo* entity;
  RecordId id;
};

Result<Target> target_of(const GuestContext& context, std::string_view entity, std::string_view id,
                         Want want) {
  TENON_ASSIGN(decoded, decode_id(id));
  TENON_ASSIGN(allowed, authorise(context, entity, want));
  return Target{.entity = allowed, .id = decoded};
}

}  // namespace

contract::Answer<GuestText> DataApi::get(wasm::CallState& call, std::string_view entity,
                                         std::string_view id) {
  auto& context = call.host<GuestContext>();
  auto target = target_of(context, entity, id, Want::read);
  if (!target) return refused(std::move(target.error()));
  return acting(context, [&context, target = *target]() -> Result<std::string> {
    TENON_TRY(context.meter.take_query());
    TENON_TRY(context.meter.take_rows_read(1));
    TENON_ASSIGN(record, context.work.get(*target.entity, target.id));
    return std::move(record.json);
  });
}

contract::Answer<GuestText> DataApi::query(wasm::CallState& call, std::string_view entity,
                                           std::string_view query) {
  auto& context = call.host<GuestContext>();
  auto asked = question_of(context, entity, query);
  if (!asked) return refused(std::move(asked.error()));
  return acting(context, [&context, asked = *std::move(asked)]() -> Result<std::string> {
    TENON_TRY(context.meter.take_query());
    TENON_ASSIGN(page, context.work.list(*asked.entity, asked.query));
    TENON_TRY(context.meter.take_rows_read(page.rows));
    return std::move(page.json);
  });
}

contract::Answer<GuestText> DataApi::count(wasm::CallState& call, std::string_view entity,
                                           std::string_view query) {
  auto& context = call.host<GuestContext>();
  auto asked = question_of(context, entity, query);
  if (!asked) return refused(std::move(asked.error()));
  asked->query.count = data::Count::exact;
  return acting(context, [&context, asked = *std::move(asked)]() -> Result<std::string> {
    TENON_TRY(context.meter.take_query());
    TENON_ASSIGN(total, context.work.count(*asked.entity, asked.query));
    return std::to_string(total.rows);
  });
}

contract::Answer<GuestText> DataApi::insert(wasm::CallState& call, std::string_view entity,
                                            std::string_view fields) {
  auto& context = call.host<GuestContext>();
  TENON_TRY(context.meter.take_bytes(fields.size()));
  auto decoded = json::parse_object(fields);
  if (!decoded) return refused(std::move(decoded.error()));
  auto allowed = authorise(context, entity, Want::write);
  if (!allowed) return refused(std::move(allowed.error()));
  TENON_TRY(context.meter.take_rows_written(1));
  if (has_save_hook(*context.origin.installations, **allowed))
    return answer_later(insert_record(
        context.host, {context.work, nested(context.origin), author_of(context, **allowed)},
        **allowed, *std::move(decoded)));
  return acting(
      context,
      [&context, entity = *allowed, fields = *std::move(decoded)]() -> Result<std::string> {
        TENON_ASSIGN(record, context.work.insert(*entity, fields, author_of(context, *entity)));
        return std::move(record.json);
      });
}

contract::Answer<GuestText> DataApi::update(wasm::CallState& call, std::string_view entity,
                                            std::string_view id, std::string_view fields,
                                            std::uint64_t expected_version) {
  auto& context = call.host<GuestContext>();
  TENON_TRY(context.meter.take_bytes(fields.size()));
  auto decoded = json::parse_object(fields);
  if (!decoded) return refused(std::move(decoded.error()));
  auto target = target_of(context, entity, id, Want::write);
  if (!target) return refused(std::move(target.error()));
  TENON_TRY(context.meter.take_rows_written(1));
  const data::Author author = author_of(context, *target->entity);
  if (has_save_hook(*context.origin.installations, *target->entity))
    return answer_later(update_record(context.host, {context.work, nested(context.origin), author},
                                      *target->entity, target->id, *std::move(decoded),
                                      version_of(expected_version)));
  return acting(context,
                [&context, target = *target, fields = *std::move(decoded), author,
                 expected_version]() -> Result<std::string> {
                  TENON_ASSIGN(record, context.work.update(*target.entity, target.id, fields,
                                                           version_of(expected_version), author));
                  return std::move(record.json);
                });
}

contract::Answer<GuestText> DataApi::delete_(wasm::CallState& call, std::string_view entity,
                                             std::string_view id, std::uint64_t expected_version) {
  auto& context = call.host<GuestContext>();
  auto target = target_of(context, entity, id, Want::write);
  if (!target) return refused(std::move(target.error()));
  TENON_TRY(context.meter.take_rows_written(1));
  return acting(context, [&context, target = *target, expected_version]() -> Result<std::string> {
    TENON_TRY(context.work.erase(*target.entity, target.id, version_of(expected_version)));
    return std::string("{}");
  });
}

}  // namespace tenon::plugins
