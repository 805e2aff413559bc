#include "data/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "data/encode.h"

namespace tenon::data {
namespace {

using storage::Blob;
using Bound = storage::Value;

/// One form for hashing: every part with its length in front, so that no two rows read the same.
class Canonical {
 public:
  explicit Canonical(std::size_t size) { text_.reserve(size); }
  void number(std::int64_t value) {
    for (int i = 0; i < 8; ++i)
      text_ += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU);
  }
  void text(std::string_view part) {
    number(static_cast<std::int64_t>(part.size()));
    text_ += part;
  }
  void bytes(std::span<const std::uint8_t> part) {
    text({reinterpret_cast<const char*>(part.data()), part.size()});
  }
  [[nodiscard]] Digest digest() const { return sha256(text_); }

 private:
  std::string text_;
};

template <class T>
Bound optional_id(const std::optional<T>& id) {
  if (!id) return std::monostate{};
  return Blob(id->value.bytes);
}

template <class T>
std::span<const std::uint8_t> optional_bytes(const std::optional<T>& id) {
  return id ? std::span<const std::uint8_t>(id->value.bytes) : std::span<const std::uint8_t>();
}

Bound optional_text(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return text;
}

Result<ChainHead> read_head(storage::Session& session) {
  ChainHead head;
  TENON_TRY(
      session.query("SELECT position, hash FROM audit WHERE position IS NOT NULL "
                    "ORDER BY position DESC LIMIT 1",
                    {}, [&](const storage::Row& row) {
                      head.position = row.integer(0);
                      const auto hash = row.blob(1);
                      if (hash.size() == head.hash.size())
                        std::ranges::copy(hash, head.hash.begin());
                      return storage::Visit::more;
                    }));
  return head;
}

constexpr std::string_view kColumns =
    "sequence, at, \"user\", plugin, trace, entity, record, version, action, before, after";

template <class T>
std::optional<T> id_at(const storage::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return T{to_uuid(row.blob(column))};
}

/// Lifetime: of the row.
AuditEntry entry_at(const storage::Row& row) {
  return {.at = row.integer(1),
          .user = id_at<UserId>(row, 2),
          .plugin = row.text(3),
          .trace = id_at<TraceId>(row, 4),
          .entity = row.text(5),
          .record = RecordId{to_uuid(row.blob(6))},
          .version = row.integer(7),
          .action = row.text(8),
          .before = row.text(9),
          .after = row.text(10)};
}

}  // namespace

Digest seal_of(const AuditEntry& entry, const ChainHead& head) {
  Canonical canonical(entry.before.size() + entry.after.size() + 320);
  canonical.bytes(head.hash);
  canonical.number(head.position + 1);
  canonical.number(entry.at);
  canonical.bytes(optional_bytes(entry.user));
  canonical.text(entry.plugin);
  canonical.bytes(optional_bytes(entry.trace));
  canonical.text(entry.entity);
  canonical.bytes(entry.record.value.bytes);
  canonical.number(entry.version);
  canonical.text(entry.action);
  canonical.text(entry.before);
  canonical.text(entry.after);
  return canonical.digest();
}

Result<> append_audit(storage::Session& session, const AuditEntry& entry,
                      std::optional<ChainHead>& head) {
  std::array<Bound, 12> values{entry.at,
                               optional_id(entry.user),
                               entry.plugin,
                               optional_id(entry.trace),
                               entry.entity,
                               Blob(entry.record.value.bytes),
                               entry.version,
                               entry.action,
                               optional_text(entry.before),
                               optional_text(entry.after),
                               std::monostate{},
                               std::monostate{}};
  ChainHead next;
  if (session.dialect() == storage::Dialect::sqlite) {
    if (!head) {
      TENON_ASSIGN(read, read_head(session));
      head = read;
    }
    next = {.position = head->position + 1, .hash = seal_of(entry, *head)};
    values[10] = next.position;
    values[11] = Blob(next.hash);
  }
  TENON_TRY(session.execute(
      "INSERT INTO audit(at, \"user\", plugin, trace, entity, record, version, action, before, "
      "after, position, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      values));
  if (next.position != 0) head = next;
  return {};
}

Result<std::size_t> seal_audit(storage::Session& session, std::size_t bound) {
  TENON_ASSIGN(head, read_head(session));
  struct Seal {
    std::int64_t sequence;
    ChainHead head;
  };
  std::vector<Seal> seals;
  const std::array<Bound, 1> limit{static_cast<std::int64_t>(bound)};
  TENON_TRY(session.query(
      fmt::format("SELECT {} FROM audit WHERE position IS NULL ORDER BY sequence LIMIT ?1",
                  kColumns),
      limit, [&](const storage::Row& row) {
        head = {.position = head.position + 1, .hash = seal_of(entry_at(row), head)};
        seals.push_back({row.integer(0), head});
        return storage::Visit::more;
      }));
  for (const auto& seal : seals) {
    const std::array<Bound, 3> values{seal.sequence, seal.head.position, Blob(seal.head.hash)};
    TENON_TRY(session.execute(
        "UPDATE audit SET position = ?2, hash = ?3 WHERE sequence = ?1 AND position IS NULL",
        values));
  }
  return seals.size();
}

Result<AuditReport> verify_audit(storage::Session& session, const std::optional<ChainHead>& kept) {
  AuditReport report;
  bool kept_seen = !kept || kept->position == 0;
  TENON_TRY(session.query(
      fmt::format("SELECT {}, position, hash FROM audit WHERE position IS NOT NULL "
                  "ORDER BY position",
                  kColumns),
      {}, [&](const storage::Row& row) {
        const auto position = row.integer(11);
        const auto at_fault = [&](std::string_view what) {
          report.fault =
              fmt::format("audit row {} (position {}, {} {}): {}", row.integer(0), position,
                          row.text(5), RecordId{to_uuid(row.blob(6))}.to_string(), what);
          return storage::Visit::stop;
        };
        if (position != report.head.position + 1)
          return at_fault(fmt::format("position {} is missing", report.head.position + 1));
        const auto seal = seal_of(entry_at(row), report.head);
        if (!std::ranges::equal(row.blob(12), seal)) return at_fault("its seal does not hold");
        report.head = {.position = position, .hash = seal};
        ++report.sealed;
        if (kept && kept->position == position) {
          if (kept->hash != seal) return at_fault("it is not the one whose seal was kept");
          kept_seen = true;
        }
        return storage::Visit::more;
      }));
  if (report.fault.empty() && !kept_seen)
    report.fault = fmt::format("the chain ends at {}, before the seal that was kept ({})",
                               report.head.position, kept->position);
  std::int64_t first = 0;
  TENON_TRY(session.query("SELECT count(*), min(sequence) FROM audit WHERE position IS NULL", {},
                          [&](const storage::Row& row) {
                            report.unsealed = static_cast<std::uint64_t>(row.integer(0));
                            first = row.integer(1);
                            return storage::Visit::more;
                          }));
  if (report.fault.empty() && report.unsealed > 0 && session.dialect() == storage::Dialect::sqlite)
    report.fault = fmt::format("audit row {} has no seal", first);
  return report;
}

}  // namespace tenon::data
