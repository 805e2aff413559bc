#pragma once
// Runs what the planner planned on one session and writes the answer as JSON text.

#include <string_view>
#include <vector>

#include "data/planner.h"
#include "data/record.h"
#include "data/unit_of_work.h"
#include "storage/session.h"

namespace tenon::data {

/// Lifetime: borrows all its parts for the length of a call. Thread: the session's.
class Reader {
 public:
  Reader(storage::Session& session, const Viewer& viewer, std::string_view cursor_key, Tally& tally)
      : session_(session), viewer_(viewer), cursor_key_(cursor_key), tally_(tally) {}

  [[nodiscard]] Result<Record> get(const EntityInfo& entity, RecordId id);
  /// All columns of a living row as values, in the order of columns().
  [[nodiscard]] Result<std::vector<Value>> values(const EntityInfo& entity, RecordId id);
  [[nodiscard]] Result<Page> list(const EntityInfo& entity, const Query& query);
  [[nodiscard]] Result<Total> count(const EntityInfo& entity, const Query& query);
  [[nodiscard]] Result<std::vector<RecordId>> matching(const EntityInfo& entity, const Query& query,
                                                       std::size_t bound);
  /// Whether the row exists for this viewer.
  [[nodiscard]] Result<bool> exists(const EntityInfo& entity, const Uuid& id);

 private:
  storage::Session& session_;
  const Viewer& viewer_;
  std::string_view cursor_key_;
  Tally& tally_;
};

[[nodiscard]] Error not_found(const EntityInfo& entity,
                              std::source_location where = std::source_location::current());
/// Values for binding. Lifetime: of `values`.
[[nodiscard]] std::vector<storage::Value> views(const std::vector<Value>& values);

}  // namespace tenon::data
