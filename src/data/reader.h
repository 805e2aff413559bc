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

  [[nodiscard]] Result<Record> get(const EntityInfo& entity, RecordId id, Rows rows = Rows::living);
  /// All columns of a row as values, in the order of columns(), hidden ones too: for the room
  /// itself.
  [[nodiscard]] Result<std::vector<Value>> values(const EntityInfo& entity, RecordId id,
                                                  Rows rows = Rows::living);
  /// Errors: exhausted (`query.budget`, `query.groups`, `query.embedded`), invalid
  /// (`query.overflow`).
  [[nodiscard]] Result<Page> list(const EntityInfo& entity, const Query& query);
  [[nodiscard]] Result<Total> count(const EntityInfo& entity, const Query& query);
  [[nodiscard]] Result<std::vector<RecordId>> matching(const EntityInfo& entity, const Query& query,
                                                       std::size_t bound);
  /// Whether the row exists for this viewer.
  [[nodiscard]] Result<bool> exists(const EntityInfo& entity, const Uuid& id);
  /// `[{"id","label"}]` for typing ahead over the label field: those that begin with `text`, then
  /// those that have it inside; without a text the first by name. At most kPicked.
  [[nodiscard]] Result<Page> pick(const EntityInfo& entity, std::string_view text);

 private:
  /// Rows on their way out: JSON that is not closed yet, and what ties them to related records.
  struct Rowset {
    std::vector<std::string> json;
    std::vector<std::vector<Value>> links;
  };
  [[nodiscard]] Result<> attach(Sight sight, const std::vector<Embed>& embeds, Rowset& rows);
  [[nodiscard]] Result<> attach_one(Sight sight, const Embed& embed, std::size_t place,
                                    Rowset& rows);
  [[nodiscard]] Result<> attach_groups(Sight sight, const Embed& embed, std::size_t place,
                                       Rowset& rows);
  [[nodiscard]] Result<Page> groups(Sight sight, const Query& query);

  storage::Session& session_;
  const Viewer& viewer_;
  std::string_view cursor_key_;
  Tally& tally_;
};

inline constexpr std::size_t kPicked = 20;

[[nodiscard]] Error not_found(const EntityInfo& entity,
                              std::source_location where = std::source_location::current());
/// Values for binding. Lifetime: of `values`.
[[nodiscard]] std::vector<storage::Value> views(const std::vector<Value>& values);
/// A row of what is selected, but for its closing brace.
void write_open(std::string& out, const EntityInfo& entity, const std::vector<Selected>& columns,
                const storage::Row& row);
[[nodiscard]] std::vector<Value> read_links(const EntityInfo& entity,
                                            const std::vector<std::size_t>& links,
                                            const storage::Row& row, std::size_t place);
/// A row of all columns, without those that the viewer may not read.
void write_record(std::string& out, Sight sight, const storage::Row& row);

}  // namespace tenon::data
