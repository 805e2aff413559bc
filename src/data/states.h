#pragma once
// The life of a document: it begins in one state and moves only along declared transitions, each by
// whom the manifest allows; in an immutable state nothing of it changes but the state.

#include <functional>
#include <string_view>
#include <vector>

#include "data/catalog.h"
#include "data/value.h"
#include "data/viewer.h"

namespace tenon::data {

/// Who takes a transition. `may` says whether they hold a permission of the entity's plugin;
/// without it none is asked for: the program itself acts.
struct StateActor {
  Value user;  // id, or null for the system
  std::function<bool(std::string_view permission)> may;
};

/// Lifetime: of the entity and the viewer.
[[nodiscard]] StateActor actor_of(const EntityInfo& entity, const Viewer& viewer);

/// Checks a write of a row of an entity with states. `before` is empty for an insert; rows are in
/// the order of columns(). Gives the transition that is taken, or null when the state stays.
/// `cleared` is a transition that was allowed already: nobody is asked for it again.
/// Errors: invalid (`data.fields`: a field the new state requires is empty; `data.transition`: no
/// way from the one state to the other, or not the initial state), those of check_step(), conflict
/// (`data.immutable`, `data.approval`: others have to agree first).
[[nodiscard]] Result<const Transition*> check_transition(const EntityInfo& entity,
                                                         const std::vector<Value>& before,
                                                         const std::vector<Value>& after,
                                                         const StateActor& actor,
                                                         const Transition* cleared = nullptr);

/// Whether `actor` may take `transition`, or ask for it, of a document as it lies. Errors: invalid
/// (`data.transition`, `data.fields`), denied (`data.transition_author`, `data.transition_right`
/// and `data.transition_amount` with the details {"permission"}).
[[nodiscard]] Result<> check_step(const EntityInfo& entity, const Transition& transition,
                                  const std::vector<Value>& row, const StateActor& actor);

/// How many others have to agree to it for this document; 0: nobody.
[[nodiscard]] std::uint32_t approvals_needed(const EntityInfo& entity, const Transition& transition,
                                             const std::vector<Value>& row);
/// Whether any of its transitions may need others.
[[nodiscard]] bool has_approvals(const EntityInfo& entity) noexcept;

/// Errors: conflict (`data.immutable`) when the row's state forbids that it is deleted.
[[nodiscard]] Result<> check_erasable(const EntityInfo& entity, const std::vector<Value>& row);

}  // namespace tenon::data
