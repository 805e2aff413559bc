#include "data/dead_letters.h"

#include <array>

#include "data/encode.h"

namespace tenon::data {

Result<std::vector<DeadLetter>> dead_letters(storage::Session& session, std::int64_t after,
                                             std::size_t limit, std::string_view type) {
  std::vector<DeadLetter> letters;
  const std::array<storage::Value, 3> values{after, static_cast<std::int64_t>(limit), type};
  TENON_TRY(session.query(
      "SELECT sequence, id, type, aggregate, attempts, hop, created_at, correlation, causation, "
      "error FROM outbox WHERE state = 1 AND sequence > ?1 AND (?3 = '' OR type = ?3) "
      "ORDER BY sequence LIMIT ?2",
      values, [&](const storage::Row& row) {
        DeadLetter letter{.sequence = row.integer(0),
                          .id = EventId{to_uuid(row.blob(1))},
                          .type = std::string(row.text(2)),
                          .aggregate = std::string(row.text(3)),
                          .attempts = static_cast<std::uint32_t>(row.integer(4)),
                          .hop = static_cast<std::uint32_t>(row.integer(5)),
                          .created_at = row.integer(6),
                          .correlation = EventId{to_uuid(row.blob(7))},
                          .causation = {},
                          .error = {}};
        if (!row.is_null(8)) letter.causation = EventId{to_uuid(row.blob(8))};
        if (!row.is_null(9)) letter.error = row.text(9);
        letters.push_back(std::move(letter));
        return storage::Visit::more;
      }));
  return letters;
}

}  // namespace tenon::data
