#pragma once
// Which computed fields, roll-ups and numbers of the rows that are there a change of version leaves
// wrong: those that are new, those whose definition is another, and those that read one of these,
// over as many tables as there are. What is left alone costs nothing.

#include <map>
#include <string>
#include <vector>

#include "data/derive_rows.h"
#include "data/table_change.h"

namespace tenon::data {

/// One entity on its way from one version to the other.
struct EntityChange {
  const EntityInfo* was = nullptr;  // null: its table is new
  const EntityInfo* now = nullptr;
  const TableDelta* delta = nullptr;  // null: its table stays as it is
};

struct DerivedPlan {
  std::vector<Derivation> early;  // can be done beside the running version
  std::vector<Derivation> all;    // once the new definitions hold, in this order
};

/// Forward: what a change makes wrong. Requires: every entity of `after` is in `changes`.
[[nodiscard]] DerivedPlan plan_derived(const std::vector<EntityChange>& changes,
                                       const Catalog& before, const Catalog& after);
/// Backward: what is wrong in `before` when the change is taken back.
[[nodiscard]] std::vector<Derivation> plan_underived(const std::vector<EntityChange>& changes,
                                                     const Catalog& before, const Catalog& after);

}  // namespace tenon::data
