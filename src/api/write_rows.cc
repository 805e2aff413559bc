#include "api/write_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "api/conditional.h"
#include "api/representation.h"
#include "data/act.h"
#include "data/batch.h"
#include "data/bulk/json_parts.h"

namespace tenon::api {
namespace {

using data::Record;

std::string array_of(const std::vector<Record>& records) {
  std::string text = "[";
  for (const auto& record : records) text.append(text.size() > 1 ? "," : "").append(record.json);
  return text + "]";
}

/// The rows of `page` in the order of `ids`.
Result<std::string> in_order(const data::Page& page, const std::vector<RecordId>& ids) {
  std::map<RecordId, std::string_view> by_id;
  std::size_t at = 0;
  TENON_TRY(data::each_element(page.json, [&](std::string_view row) -> Result<> {
    by_id.emplace(page.ids[at++], row);
    return {};
  }));
  std::string text = "[";
  for (const auto id : ids)
    if (const auto found = by_id.find(id); found != by_id.end())
      text.append(text.size() > 1 ? "," : "").append(found->second);
  return text + "]";
}

/// Rows as the query of the request shows them: an array, in the order of `ids` unless it has one.
Result<std::string> shaped(data::UnitOfWork& unit, const Write& write,
                           const std::vector<RecordId>& ids) {
  if (ids.empty()) return std::string("[]");
  auto query = write.query;
  data::Filter leaf{.kind = data::Filter::Kind::leaf, .column = 0, .op = data::Operator::in};
  for (const auto id : ids) leaf.values.emplace_back(id.value);
  query.filter = {};
  query.filter.children.push_back(std::move(leaf));
  if (!query.limited) query.limit = ids.size();
  const bool free = query.order.empty() && !query.aggregated;
  if (free) {
    query.order.push_back({.column = 0});
    query.with_ids = true;
  }
  TENON_ASSIGN(page, unit.list(*write.entity, query));
  if (free) return in_order(page, ids);
  return std::move(page.json);
}

std::vector<RecordId> ids_of(const std::vector<Record>& records) {
  std::vector<RecordId> ids;
  ids.reserve(records.size());
  for (const auto& record : records) ids.push_back(record.id);
  return ids;
}

bool shows(const Write& write) noexcept { return write.preferences.what == Return::representation; }

/// What the rows have become, with what the host computes at the end of a unit.
Result<std::string> rows_of(data::UnitOfWork& unit, const Write& write,
                            std::vector<Record>& records) {
  if (!shows(write)) return std::string("[]");
  if (!records.empty()) TENON_TRY(unit.settle(*write.entity, records));
  if (write.shaped) return shaped(unit, write, ids_of(records));
  return array_of(records);
}

enum class Rows : std::uint8_t { one, many };  // one: shown as an object, whichever JSON was asked

/// The answer to a write of `count` rows that are `rows` now.
Result<Answer> answer_of(const Write& write, const data::UnitOfWork& unit, std::size_t count,
                         std::string rows, int status, Rows shape = Rows::many) {
  TENON_TRY(check_single(write.form, count));
  Answer answer{.status = status};
  answer.applied = applied(write.preferences, Use::write);
  if (!shows(write)) return answer;
  auto form = write.form;
  form.strip_nulls = form.strip_nulls || write.preferences.strip_nulls;
  answer.type = content_type(form);
  if (shape == Rows::one && form.media == Media::array) form.media = Media::object;
  TENON_ASSIGN(body, represent(form, std::move(rows), write.query, *write.entity, unit.viewer()));
  answer.body = std::move(body);
  return answer;
}

std::string changed_range(std::size_t count) {
  return (count == 0 ? "*" : "0-" + std::to_string(count - 1)) + "/" + std::to_string(count);
}

}  // namespace

Task<Answer> create_rows(Write write, data::UnitOfWork* unit, const Site* site,
                         std::vector<json::object> rows, std::vector<std::string> on_conflict) {
  using Outcome = data::Upserted::Outcome;
  const auto resolution = write.preferences.resolution;
  std::vector<Record> records;
  std::size_t made = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const plugins::RecordWrite to{.work = *unit, .origin = site->origin};
    Result<data::Upserted> done;
    if (resolution) {
      done = co_await plugins::upsert_record(*write.host, to, *write.entity, std::move(rows[i]),
                                             on_conflict, *resolution);
    } else {
      auto record =
          co_await plugins::insert_record(*write.host, to, *write.entity, std::move(rows[i]));
      if (record)
        done = data::Upserted{.record = *std::move(record), .outcome = Outcome::inserted};
      else
        done = std::unexpected(std::move(record.error()));
    }
    if (!done && rows.size() > 1) co_return data::at_item(std::move(done.error()), i);
    if (!done) co_return std::unexpected(std::move(done.error()));
    if (done->outcome == Outcome::inserted) ++made;
    // As PostgREST has it: a row that was left alone is not part of the answer.
    if (done->outcome != Outcome::ignored) records.push_back(std::move(done->record));
  }
  TENON_CO_ASSIGN(shown, TENON_CO_ACT(*unit, rows_of(*unit, write, records)));
  TENON_CO_ASSIGN(answer, answer_of(write, *unit, records.size(), std::move(shown),
                                    resolution && made == 0 ? 200 : 201));
  answer.range = "*/" + std::to_string(records.size());
  if (records.size() == 1) {
    answer.location = write.path + "/" + records.front().id.to_string();
    answer.etag = etag_of(records.front().version);
  }
  co_return answer;
}

Task<Answer> change_row(Write write, data::UnitOfWork* unit, const Site* site, RecordId id,
                        json::object fields, std::optional<std::uint64_t> version) {
  TENON_CO_ASSIGN(
      record, co_await plugins::update_record(*write.host, {.work = *unit, .origin = site->origin},
                                              *write.entity, id, std::move(fields), version));
  const auto etag = etag_of(record.version);
  std::vector<Record> records;
  records.push_back(std::move(record));
  TENON_CO_ASSIGN(shown, TENON_CO_ACT(*unit, rows_of(*unit, write, records)));
  TENON_CO_ASSIGN(
      answer, answer_of(write, *unit, 1, std::move(shown), shows(write) ? 200 : 204, Rows::one));
  answer.etag = etag;
  co_return answer;
}

Task<Answer> erase_row(Write write, data::UnitOfWork* unit, const Site* site, RecordId id,
                       std::optional<std::uint64_t> version) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  std::string shown = "[]";
  if (shows(write)) {
    TENON_CO_ASSIGN(before, TENON_CO_ACT(*unit, unit->get(*write.entity, id)));
    shown = "[" + before.json + "]";
    if (write.shaped) {
      const std::vector<RecordId> ids{id};
      TENON_CO_ASSIGN(some, TENON_CO_ACT(*unit, shaped(*unit, write, ids)));
      shown = std::move(some);
    }
  }
  TENON_CO_TRY(co_await plugins::erase_record(*write.host, {.work = *unit, .origin = site->origin},
                                              *write.entity, id, version));
  co_return answer_of(write, *unit, 1, std::move(shown), shows(write) ? 200 : 204, Rows::one);
}

Task<Answer> change_rows(Write write, data::UnitOfWork* unit, const Site* site,
                         json::object fields) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  TENON_CO_ASSIGN(ids, TENON_CO_ACT(*unit, unit->matching(*write.entity, write.query,
                                                          write.preferences.max_affected)));
  std::vector<Record> records;
  for (const RecordId id : ids) {
    TENON_CO_ASSIGN(record, co_await plugins::update_record(
                                *write.host, {.work = *unit, .origin = site->origin}, *write.entity,
                                id, fields, std::nullopt));
    records.push_back(std::move(record));
  }
  TENON_CO_ASSIGN(shown, TENON_CO_ACT(*unit, rows_of(*unit, write, records)));
  TENON_CO_ASSIGN(answer,
                  answer_of(write, *unit, ids.size(), std::move(shown), shows(write) ? 200 : 204));
  answer.range = changed_range(ids.size());
  co_return answer;
}

Task<Answer> erase_rows(Write write, data::UnitOfWork* unit, const Site* site) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  TENON_CO_ASSIGN(ids, TENON_CO_ACT(*unit, unit->matching(*write.entity, write.query,
                                                          write.preferences.max_affected)));
  std::string shown = "[]";
  if (shows(write)) {
    TENON_CO_ASSIGN(rows, TENON_CO_ACT(*unit, shaped(*unit, write, ids)));
    shown = std::move(rows);
  }
  for (const RecordId id : ids) {
    auto done = co_await plugins::erase_record(*write.host, {.work = *unit, .origin = site->origin},
                                               *write.entity, id, std::nullopt);
    // A cascade may have taken it already.
    if (!done && done.error().reason() != "data.not_found")
      co_return std::unexpected(std::move(done.error()));
  }
  TENON_CO_ASSIGN(answer,
                  answer_of(write, *unit, ids.size(), std::move(shown), shows(write) ? 200 : 204));
  answer.range = changed_range(ids.size());
  co_return answer;
}

}  // namespace tenon::api
