#include "data/changes.h"

#include <array>

#include "data/encode.h"

namespace tenon::data {

Result<std::int64_t> newest_change(storage::Session& session) {
  std::int64_t newest = 0;
  TENON_TRY(session.query("SELECT max(position) FROM audit WHERE position IS NOT NULL", {},
                          [&](const storage::Row& row) {
                            if (!row.is_null(0)) newest = row.integer(0);
                            return storage::Visit::more;
                          }));
  return newest;
}

Result<std::vector<ChangeNote>> changes_after(storage::Session& session, std::int64_t position,
                                              std::size_t limit) {
  std::vector<ChangeNote> changes;
  const std::array<storage::Value, 2> values{position, static_cast<std::int64_t>(limit)};
  TENON_TRY(
      session.query("SELECT position, entity, record, version, action FROM audit "
                    "WHERE position > ?1 ORDER BY position LIMIT ?2",
                    values, [&](const storage::Row& row) {
                      changes.push_back({.position = row.integer(0),
                                         .entity = std::string(row.text(1)),
                                         .record = RecordId{to_uuid(row.blob(2))},
                                         .version = row.integer(3),
                                         .action = std::string(row.text(4))});
                      return storage::Visit::more;
                    }));
  return changes;
}

}  // namespace tenon::data
