#pragma once
// A document goes from state to state by steps, and some of them are not for one person alone:
// others have to agree first. Until enough of them have, the document waits and nobody changes it;
// one refusal, or the withdrawal of who asked, sets it free again. That it waits is a row beside
// the document, looked at by every change of it in this room, so no way of writing can forget it.
//
//   take_step ── needs nobody ──────────────────────────────▶ the next change is the step
//        └────── needs others ▶ waiting ▶ decide × count ───▶ the next change is the step
//                                  └────▶ rejected, withdrawn: free again
//
// A step is taken by whoever may take it, also without the right to change the document otherwise:
// who begins it here makes the change in the same unit of work, with the hook of the module.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "async/deadline.h"
#include "base/json.h"
#include "data/catalog.h"
#include "data/states.h"
#include "data/unit_of_work.h"
#include "data/viewer.h"
#include "storage/session.h"

namespace tenon::data {

enum class Verdict : std::uint8_t { approve, reject, withdraw };
enum class ApprovalState : std::uint8_t { waiting, approved, rejected, withdrawn };
[[nodiscard]] std::string_view to_string(ApprovalState state) noexcept;

/// Texts that people give along, in bytes.
inline constexpr std::size_t kMaxStepComment = 2000;

/// What one person said to a request.
struct Decision {
  std::optional<UserId> user;
  bool agrees = true;
  Timestamp at;
  std::string reason;
};

/// A request that others agree to a step.
struct Approval {
  ApprovalId id;
  std::string entity;  // `sales.order`
  RecordId record;
  std::string step;           // name of the transition
  std::uint64_t version = 0;  // of the document that is asked about
  ApprovalState state = ApprovalState::waiting;
  std::uint32_t needed = 1;
  std::string permission;  // `sales.order.approve`: who may decide
  bool not_author = true;
  std::optional<UserId> author, asked_by;
  Timestamp asked_at;
  std::string comment;
  std::optional<Timestamp> ended_at;
  std::vector<Decision> decisions;

  [[nodiscard]] std::uint32_t given() const noexcept;
};
[[nodiscard]] json::object to_json(const Approval& approval);

struct StepTaken {
  const Transition* step = nullptr;      // of the entity
  std::optional<ApprovalId> waiting_in;  // set: it was asked for, and is not taken
};

struct Decided {
  Approval approval;                   // as it is now
  const EntityInfo* entity = nullptr;  // of the unit's catalog
  const Transition* step = nullptr;    // set: enough agree, and the step is to be taken now
};

/// A way out of a document's state, as it stands for one viewer.
struct StepView {
  const Transition* step = nullptr;
  std::uint32_t approvals = 0;   // of so many others; 0: none
  std::optional<Error> why_not;  // it may not be taken, or asked for
};

// Reads, outside a unit of work.

/// The steps that lead on from the document's state. Requires: the viewer sees the record. Errors:
/// not_found.
[[nodiscard]] Result<std::vector<StepView>> steps_of(storage::Session& session,
                                                     const EntityInfo& entity, RecordId id,
                                                     const Viewer& viewer);
/// Errors: not_found (`approval.unknown`).
[[nodiscard]] Result<Approval> read_approval(storage::Session& session, ApprovalId id);
/// Of one document, the newest first.
[[nodiscard]] Result<std::vector<Approval>> approvals_of(storage::Session& session,
                                                         std::string_view entity, RecordId record,
                                                         std::size_t limit);
/// Requests that wait behind `after`, oldest first, for somebody who may decide by his rights;
/// which documents he sees is left to the caller.
[[nodiscard]] Result<std::vector<Approval>> waiting_for(storage::Session& session,
                                                        const Viewer& viewer,
                                                        std::optional<ApprovalId> after,
                                                        std::size_t limit);
/// What `user` has asked for, in whichever state, the newest first, older than `before`.
[[nodiscard]] Result<std::vector<Approval>> asked_by(storage::Session& session, UserId user,
                                                     std::optional<ApprovalId> before,
                                                     std::size_t limit);
/// Whether the viewer may say yes or no. Errors: denied (`approval.author`, `approval.right`),
/// conflict (`approval.ended`, `approval.decided`).
[[nodiscard]] Result<> check_decider(const Approval& approval, const Viewer& viewer);

/// Forgets the requests of a record that is gone for good.
[[nodiscard]] Result<> forget_approvals(storage::Session& session, const EntityInfo& entity,
                                        const Uuid& record);

}  // namespace tenon::data
