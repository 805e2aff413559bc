#pragma once
// Rows that were there before a computed field, a roll-up or a sequence was, or before its
// definition changed, get the values that they would have if it had always been so: formulas are
// evaluated, roll-ups counted again from the rows they sum up, rows without a number get the next
// one in the order in which they were made. Rows in the trash too, since they may come back.
//
// Nothing is compared with a time or a version: a batch looks at every row and writes those that
// differ, so it may be run again, and running it last leaves nothing behind that others wrote
// meanwhile.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/catalog.h"
#include "storage/session.h"

namespace tenon::data {

/// Columns of one entity that are brought up to date together.
struct Derivation {
  std::string entity;  // full name
  std::vector<std::string> columns;
  bool again = false;  // part of a circle of roll-ups: looked at until nothing changes
  friend bool operator==(const Derivation&, const Derivation&) = default;
};

struct DerivedBatch {
  std::optional<std::string> next;  // where to go on; empty: done
  std::size_t changed = 0;          // rows
};

inline constexpr std::int64_t kDerivedBatch = 500;

/// One batch of rows from `cursor` on (empty: the begin). What `catalog` lacks is left out.
/// Errors: conflict (`schema.data`: a formula divides by zero, a sum is too large; with the ids of
/// the rows), those of storage::Session.
[[nodiscard]] Result<DerivedBatch> derive_batch(storage::Session& session, const Catalog& catalog,
                                                const Derivation& derivation,
                                                std::string_view cursor);

/// All rows of all of them, in their order. Errors: those of derive_batch(), conflict
/// (`data.rollup_depth`) for rows that sum up each other without end.
[[nodiscard]] Result<> derive_all(storage::Session& session, const Catalog& catalog,
                                  std::span<const Derivation> derivations);

}  // namespace tenon::data
