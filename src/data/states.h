#pragma once
// The life of a document: it begins in one state and moves only along declared transitions, each by
// whom the manifest allows; in an immutable state nothing of it changes but the state.

#include <functional>
#include <string_view>
#include <vector>

#include "data/catalog.h"
#include "data/value.h"

namespace tenon::data {

/// Who takes a transition. `may` says whether they hold a permission; without it no permission is
/// asked for, which is the caller's decision.
struct StateActor {
  Value user;  // id, or null for the system
  std::function<bool(std::string_view permission)> may;
};

/// Checks a write of a row of an entity with states. `before` is empty for an insert; rows are in
/// the order of columns(). Gives the transition that is taken, or null when the state stays.
/// Errors: invalid (`data.fields`: a field the new state requires is empty; `data.transition`: no
/// way from the one state to the other, or not the initial state), denied (`data.transition`: a
/// right is missing, the author may not, the amount is too large), conflict (`data.immutable`).
[[nodiscard]] Result<const Transition*> check_transition(const EntityInfo& entity,
                                                         const std::vector<Value>& before,
                                                         const std::vector<Value>& after,
                                                         const StateActor& actor);

/// Errors: conflict (`data.immutable`) when the row's state forbids that it is deleted.
[[nodiscard]] Result<> check_erasable(const EntityInfo& entity, const std::vector<Value>& row);

}  // namespace tenon::data
