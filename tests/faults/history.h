#pragma once
// An isolation checker for list-append histories, after Adya's anomalies and Elle's way to find
// them. Every transaction reads whole lists and appends values that occur once. Since a list shows
// the order of its appends, the order of the versions of each key is known, and with it who
// overwrote whom (ww), who read from whom (wr) and who missed whose write (rw). A cycle of such
// edges is an anomaly.

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::testing {

struct Op {
  enum class Kind : std::uint8_t { read, append };
  Kind kind = Kind::read;
  std::uint32_t key = 0;
  std::uint64_t value = 0;          // append
  std::vector<std::uint64_t> list;  // read
};

enum class Fate : std::uint8_t { committed, aborted, unknown };

struct Transaction {
  Fate fate = Fate::committed;
  std::vector<Op> ops;
  // Positions in one order of the whole history; a transaction that began after another was
  // acknowledged must see it. Both 0: unknown.
  std::uint64_t began = 0;
  std::uint64_t acknowledged = 0;
};

/// The anomalies, each once, sorted: `G0` write cycle, `G1a` aborted read, `G1b` intermediate read,
/// `G1c` circular flow, `G-single` read skew and lost update, `G2` write skew, `order` (two reads
/// disagree), `internal` (a transaction does not see itself), `lost` (a committed append that a
/// later read misses), `duplicate`. Cost: about n log n for a history of n operations.
[[nodiscard]] std::vector<std::string> anomalies(const std::vector<Transaction>& history);

}  // namespace tenon::testing
