#include "plugins/host_api/v0.h"

#include <utility>

#include "plugins/host_api/acting.h"
#include "plugins/host_api/data.h"
#include "plugins/host_api/log.h"
#include "plugins/records.h"

namespace tenon::plugins {
namespace {

using Inserted = std::expected<contract::Bytes, std::string>;

std::string word(const wasm::Failure& failure) {
  return std::string(to_string(failure.code)) + ": " + failure.message;
}

Result<Inserted> to_v0(Result<GuestText> answer) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (!*answer) return Inserted(std::unexpected(word(answer->error())));
  return Inserted(contract::Bytes{std::move(**answer)});
}

Task<Inserted> insert_later(GuestContext* context, const data::EntityInfo* entity,
                            json::object fields) {
  CallOrigin origin = context->origin;
  ++origin.depth;
  auto record = co_await insert_record(context->host,
                                       {context->work, std::move(origin), data::Author::module},
                                       *entity, std::move(fields));
  if (!record) co_return to_v0(to_answer(std::unexpected(std::move(record.error()))));
  co_return to_v0(to_answer(std::move(record->json)));
}

}  // namespace

contract::Answer<Inserted> V0Api::db_insert(wasm::CallState& call, std::string_view entity,
                                            contract::BytesView data) {
  auto& context = call.host<GuestContext>();
  const auto refuse = [](Error error) -> contract::Answer<Inserted> {
    auto answer = to_v0(to_answer(std::unexpected(std::move(error))));
    if (!answer) return std::unexpected(std::move(answer.error()));
    return *std::move(answer);
  };
  TENON_TRY(context.meter.take_bytes(data.data.size()));
  auto fields = json::parse_object(data.data);
  if (!fields) return refuse(std::move(fields.error()));
  auto allowed = authorise(context, entity, Want::write);
  if (!allowed) return refuse(std::move(allowed.error()));
  TENON_TRY(context.meter.take_rows_written(1));
  if (!context.work.acquired() || context.work.waits() ||
      has_save_hook(*context.origin.installations, **allowed))
    return insert_later(&context, *allowed, *std::move(fields));
  auto record = context.work.insert(**allowed, *fields, data::Author::module);
  if (!record) return refuse(std::move(record.error()));
  return Inserted(contract::Bytes{std::move(record->json)});
}

Result<void> V0Api::log_write(wasm::CallState& call, std::string_view level,
                              std::string_view message) {
  LogLevel known = LogLevel::info;
  for (const LogLevel candidate : {LogLevel::debug, LogLevel::warn, LogLevel::error})
    if (level == to_string(candidate)) known = candidate;
  return keep_log_line(call.host<GuestContext>(), known, message);
}

}  // namespace tenon::plugins
