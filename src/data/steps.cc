// Steps of documents, and what others say to them: each with its audit row and its event.
#include "data/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/audit.h"
#include "data/platform_act.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

using storage::Blob;
using Bound = storage::Value;

Bound bound(const std::optional<UserId>& id) {
  if (!id) return std::monostate{};
  return Blob(id->value.bytes);
}

std::int64_t micros(Timestamp at) { return at.time_since_epoch().count(); }

Result<> check_comment(std::string_view text) {
  if (text.size() <= kMaxStepComment) return {};
  return fail(
      Error(ErrorCode::invalid, fmt::format("A comment has at most {} bytes.", kMaxStepComment))
          .because("step.comment")
          .with_field(
              {"/comment", "max_length", fmt::format("at most {} bytes", kMaxStepComment)}));
}

std::optional<UserId> user_in(const std::vector<Value>& row, std::size_t place) {
  const auto* id = std::get_if<Uuid>(&row[place]);
  if (id == nullptr) return std::nullopt;
  return UserId{*id};
}

const Transition* step_named(const EntityInfo& entity, std::string_view name) {
  if (!entity.status()) return nullptr;
  const auto& all = entity.entity().states->transitions;
  const auto found = std::ranges::find(all, name, &Transition::name);
  return found == all.end() ? nullptr : &*found;
}

const EntityInfo* entity_of(const Catalog& catalog, std::string_view full_name) {
  const auto dot = full_name.find('.');
  return catalog.find(full_name.substr(0, dot), full_name.substr(dot + 1));
}

std::unexpected<Error> awaiting() {
  return fail(Error(ErrorCode::conflict,
                    "The document waits for approval: nobody changes it until that is given, "
                    "refused or withdrawn.")
                  .because("data.awaiting"));
}

std::unexpected<Error> unknown_approval() {
  return fail(Error(ErrorCode::not_found, "There is no such request for approval.")
                  .because("approval.unknown"));
}

Result<> store(storage::Session& session, const Approval& asked) {
  const std::array<Bound, 12> values{Blob(asked.id.value.bytes),
                                     std::string_view(asked.entity),
                                     Blob(asked.record.value.bytes),
                                     std::string_view(asked.step),
                                     static_cast<std::int64_t>(asked.version),
                                     std::int64_t{asked.needed},
                                     std::string_view(asked.permission),
                                     std::int64_t{asked.not_author ? 1 : 0},
                                     bound(asked.author),
                                     bound(asked.asked_by),
                                     micros(asked.asked_at),
                                     std::string_view(asked.comment)};
  auto done = session.execute(
      "INSERT INTO approval(id, entity, record, step, version, state, needed, permission, "
      "not_author, author, asked_by, asked_at, comment) "
      "VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      values);
  // Somebody else has asked behind this transaction's back.
  if (!done && done.error().reason() == "storage.unique") return awaiting();
  TENON_TRY(std::move(done));
  return {};
}

Result<> store(storage::Session& session, ApprovalId approval, const Decision& decision) {
  const std::array<Bound, 5> values{Blob(approval.value.bytes), bound(decision.user),
                                    std::int64_t{decision.agrees ? 1 : 0}, micros(decision.at),
                                    std::string_view(decision.reason)};
  TENON_TRY(
      session.execute("INSERT INTO approval_decision(approval, \"user\", agrees, at, reason) "
                      "VALUES(?1, ?2, ?3, ?4, ?5)",
                      values));
  return {};
}

Result<> end(storage::Session& session, const Approval& approval) {
  const std::array<Bound, 3> values{Blob(approval.id.value.bytes),
                                    static_cast<std::int64_t>(approval.state),
                                    micros(*approval.ended_at)};
  TENON_TRY(session.execute("UPDATE approval SET state = ?2, ended_at = ?3 WHERE id = ?1", values));
  return {};
}

}  // namespace

Result<> UnitOfWork::State::tell_approval(const Approval& approval, std::string_view action) {
  const auto text = json::serialize(to_json(approval));
  TENON_TRY(append_audit(session(),
                         {.at = micros(now()),
                          .user = viewer.user,
                          .plugin = origin.plugin,
                          .trace = origin.trace,
                          .entity = "platform.approval",
                          .record = RecordId{approval.id.value},
                          .version = static_cast<std::int64_t>(approval.version),
                          .action = action,
                          .before = {},
                          .after = text},
                         unsettled.head));
  const auto type = fmt::format("tenon.approval.{}", action);
  const auto payload = json::serialize(json::object{
      {"approval", approval.id.to_string()},
      {"entity", approval.entity},
      {"record", approval.record.to_string()},
      {"step", approval.step},
      {"state", to_string(approval.state)},
      {"by", viewer.user ? json::value(viewer.user->to_string()) : json::value(nullptr)}});
  TENON_TRY(log().event(type, "tenon.approval/" + approval.id.to_string(), payload, now()));
  ++tally.events;
  return {};
}

Result<> UnitOfWork::State::note_comment(const EntityInfo& entity, RecordId id,
                                         std::string_view step, std::string_view comment) {
  const auto key = entity.full_name() + "/" + id.to_string();
  const auto text = json::serialize(json::object{{"key", key}, {"comment", comment}});
  return append_audit(session(),
                      {.at = micros(now()),
                       .user = viewer.user,
                       .plugin = origin.plugin,
                       .trace = origin.trace,
                       .entity = "platform.step",
                       .record = act_record("platform.step", key),
                       .version = 0,
                       .action = step,
                       .before = {},
                       .after = text},
                      unsettled.head);
}

Result<> UnitOfWork::State::check_waiting(const EntityInfo& entity, const Uuid& id) {
  if (!has_approvals(entity)) return {};
  bool waits = false;
  const std::array<Bound, 1> values{Blob(id.bytes)};
  TENON_TRY(session().query("SELECT 1 FROM approval WHERE record = ?1 AND state = 0", values,
                            [&](const storage::Row&) {
                              waits = true;
                              return storage::Visit::more;
                            }));
  if (waits) return awaiting();
  return {};
}

Result<> UnitOfWork::State::check_part(const EntityInfo& entity, const std::vector<Value>& row) {
  for (std::size_t place = 0; place < entity.columns().size(); ++place) {
    const auto* field = entity.columns()[place].field;
    const auto* id = std::get_if<Uuid>(&row[place]);
    if (field == nullptr || id == nullptr || field->type != FieldType::reference ||
        !field->required || field->on_delete != OnDelete::cascade)
      continue;
    const auto* whole = catalog->find(
        field->ref_plugin.empty() ? entity.plugin() : field->ref_plugin, field->ref_entity);
    if (whole == nullptr || !whole->status()) continue;
    TENON_ASSIGN(document, stored(*whole, *id));
    if (!document || !document->living) continue;
    TENON_TRY(check_erasable(*whole, document->values));
    TENON_TRY(check_waiting(*whole, *id));
  }
  return {};
}

Result<StepTaken> UnitOfWork::take_step(const EntityInfo& entity, RecordId id,
                                        std::string_view name, std::string_view comment,
                                        std::optional<std::uint64_t> expected_version) {
  auto& state = *state_;
  TENON_TRY(state.admit(entity));
  TENON_TRY(check_comment(comment));
  const auto* step = step_named(entity, name);
  if (step == nullptr)
    return fail(Error(ErrorCode::not_found, fmt::format("\"{}\" has no step \"{}\".",
                                                        entity.full_name(), name.substr(0, 64)))
                    .because("step.unknown"));
  TENON_TRY(state.whole(state.settle_row(entity, id.value)));
  TENON_ASSIGN(row, state.reader().values(entity, id));
  TENON_TRY(state.check_version(entity, row, expected_version, nullptr));
  TENON_TRY(state.check_waiting(entity, id.value));
  if (step->permission.empty()) TENON_TRY(state.check_change(entity, row));
  TENON_TRY(check_step(entity, *step, row, actor_of(entity, state.viewer)));
  const auto needed = approvals_needed(entity, *step, row);
  if (needed == 0) {
    state.granted = State::Granted{entity.full_name(), id.value, step};
    if (!comment.empty()) TENON_TRY(state.note_comment(entity, id, step->name, comment));
    return StepTaken{.step = step, .waiting_in = {}};
  }
  const auto moment = state.now();
  const auto& rule = *step->approvals;
  const Approval asked{.id = ApprovalId{Uuid::make_v7(moment, state.inside().random)},
                       .entity = entity.full_name(),
                       .record = id,
                       .step = step->name,
                       .version = version_of(entity, row),
                       .state = ApprovalState::waiting,
                       .needed = needed,
                       .permission = entity.plugin() + "." + rule.permission,
                       .not_author = rule.not_author,
                       .author = user_in(row, *entity.find("created_by")),
                       .asked_by = state.viewer.user,
                       .asked_at = moment,
                       .comment = std::string(comment),
                       .ended_at = {},
                       .decisions = {}};
  TENON_TRY(store(state.session(), asked));
  TENON_TRY(state.whole(state.tell_approval(asked, "asked")));
  ++state.tally.rows_written;
  return StepTaken{.step = step, .waiting_in = asked.id};
}

Result<Decided> UnitOfWork::decide(ApprovalId id, Verdict verdict, std::string_view reason) {
  auto& state = *state_;
  TENON_TRY(check_comment(reason));
  TENON_ASSIGN(approval, read_approval(state.session(), id));
  const auto* entity = entity_of(*state.catalog, approval.entity);
  if (entity == nullptr) return unknown_approval();
  TENON_TRY(state.admit(*entity));
  auto row = state.reader().values(*entity, approval.record);
  if (!row && row.error().code() == ErrorCode::not_found) return unknown_approval();
  if (!row) return std::unexpected(std::move(row.error()));
  const auto& user = state.viewer.user;
  const bool own = user && (user == approval.asked_by || user == approval.author);
  const bool open = approval.state == ApprovalState::waiting;
  if (verdict == Verdict::withdraw && open && state.viewer.rights != nullptr && !own)
    return fail(Error(ErrorCode::denied, "Only who asked, or the author, withdraws a request.")
                    .because("approval.withdraw"));
  if (verdict != Verdict::withdraw || !open) TENON_TRY(check_decider(approval, state.viewer));
  if (!user)
    return fail(Error(ErrorCode::denied, "A person decides this.").because("approval.right"));
  const auto moment = state.now();
  if (verdict != Verdict::withdraw) {
    approval.decisions.push_back({.user = user,
                                  .agrees = verdict == Verdict::approve,
                                  .at = moment,
                                  .reason = std::string(reason)});
    TENON_TRY(store(state.session(), id, approval.decisions.back()));
  }
  std::string_view action = "agreed";
  if (verdict != Verdict::approve || approval.given() >= approval.needed) {
    approval.state = verdict == Verdict::approve  ? ApprovalState::approved
                     : verdict == Verdict::reject ? ApprovalState::rejected
                                                  : ApprovalState::withdrawn;
    approval.ended_at = moment;
    action = to_string(approval.state);
    TENON_TRY(end(state.session(), approval));
  }
  TENON_TRY(state.whole(state.tell_approval(approval, action)));
  ++state.tally.rows_written;
  Decided decided{.approval = std::move(approval), .entity = entity, .step = nullptr};
  if (decided.approval.state != ApprovalState::approved) return decided;
  decided.step = step_named(*entity, decided.approval.step);
  if (decided.step == nullptr)
    return fail(Error(ErrorCode::conflict,
                      "The module has no such step any more: reject the request or withdraw it.")
                    .because("approval.stale"));
  state.granted = State::Granted{entity->full_name(), decided.approval.record.value, decided.step};
  return decided;
}

Result<EventId> UnitOfWork::announce(std::string_view type, std::string_view aggregate,
                                     std::string_view payload) {
  const auto full = "tenon." + std::string(type);
  auto id = state_->log().event(full, aggregate.empty() ? full : aggregate, payload, state_->now());
  if (id) ++state_->tally.events;
  return id;
}

}  // namespace tenon::data
