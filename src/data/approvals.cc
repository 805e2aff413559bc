// Requests for approval as rows: how they are read, listed and shown.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/encode.h"
#include "data/sight.h"
#include "data/steps.h"

namespace tenon::data {
namespace {

using storage::Blob;
using Bound = storage::Value;

constexpr std::string_view kColumns =
    "id, entity, record, step, version, state, needed, permission, not_author, author, asked_by, "
    "asked_at, comment, ended_at";
constexpr std::array<std::string_view, 4> kStates = {"waiting", "approved", "rejected",
                                                     "withdrawn"};

template <class T>
std::optional<T> optional_id(const storage::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return T{to_uuid(row.blob(column))};
}

Timestamp time_of(std::int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }

Approval approval_of(const storage::Row& row) {
  Approval made{.id = ApprovalId{to_uuid(row.blob(0))},
                .entity = std::string(row.text(1)),
                .record = RecordId{to_uuid(row.blob(2))},
                .step = std::string(row.text(3)),
                .version = static_cast<std::uint64_t>(row.integer(4)),
                .state = static_cast<ApprovalState>(row.integer(5)),
                .needed = static_cast<std::uint32_t>(row.integer(6)),
                .permission = std::string(row.text(7)),
                .not_author = row.integer(8) != 0,
                .author = optional_id<UserId>(row, 9),
                .asked_by = optional_id<UserId>(row, 10),
                .asked_at = time_of(row.integer(11)),
                .comment = std::string(row.text(12)),
                .ended_at = std::nullopt,
                .decisions = {}};
  if (!row.is_null(13)) made.ended_at = time_of(row.integer(13));
  return made;
}

Result<> add_decisions(storage::Session& session, Approval& approval) {
  const std::array<Bound, 1> values{Blob(approval.id.value.bytes)};
  return session.query(
      "SELECT \"user\", agrees, at, reason FROM approval_decision WHERE approval = ?1 ORDER BY at",
      values, [&](const storage::Row& row) {
        approval.decisions.push_back({.user = optional_id<UserId>(row, 0),
                                      .agrees = row.integer(1) != 0,
                                      .at = time_of(row.integer(2)),
                                      .reason = std::string(row.text(3))});
        return storage::Visit::more;
      });
}

Result<std::vector<Approval>> find(storage::Session& session, const std::string& rest,
                                   storage::Values values) {
  std::vector<Approval> found;
  TENON_TRY(session.query(fmt::format("SELECT {} FROM approval {}", kColumns, rest), values,
                          [&](const storage::Row& row) {
                            found.push_back(approval_of(row));
                            return storage::Visit::more;
                          }));
  for (auto& approval : found) TENON_TRY(add_decisions(session, approval));
  return found;
}

json::value id_json(const std::optional<UserId>& id) {
  return id ? json::value(id->to_string()) : json::value(nullptr);
}

/// Permissions that some waiting request asks for and the viewer holds.
Result<std::vector<std::string>> held(storage::Session& session, const Viewer& viewer) {
  std::vector<std::string> names;
  TENON_TRY(session.query("SELECT DISTINCT permission FROM approval WHERE state = 0", {},
                          [&](const storage::Row& row) {
                            names.emplace_back(row.text(0));
                            return storage::Visit::more;
                          }));
  if (viewer.rights != nullptr)
    std::erase_if(names, [&](const std::string& name) { return !viewer.rights->holds(name); });
  return names;
}

}  // namespace

std::string_view to_string(ApprovalState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

std::uint32_t Approval::given() const noexcept {
  return static_cast<std::uint32_t>(std::ranges::count(decisions, true, &Decision::agrees));
}

json::object to_json(const Approval& approval) {
  json::array decisions;
  for (const auto& decision : approval.decisions)
    decisions.push_back(json::object{{"user", id_json(decision.user)},
                                     {"agrees", decision.agrees},
                                     {"at", to_rfc3339(decision.at)},
                                     {"reason", decision.reason}});
  return {{"id", approval.id.to_string()},
          {"entity", approval.entity},
          {"record", approval.record.to_string()},
          {"step", approval.step},
          {"version", approval.version},
          {"state", to_string(approval.state)},
          {"needed", approval.needed},
          {"given", approval.given()},
          {"permission", approval.permission},
          {"not_author", approval.not_author},
          {"author", id_json(approval.author)},
          {"asked_by", id_json(approval.asked_by)},
          {"asked_at", to_rfc3339(approval.asked_at)},
          {"comment", approval.comment},
          {"ended_at",
           approval.ended_at ? json::value(to_rfc3339(*approval.ended_at)) : json::value(nullptr)},
          {"decisions", std::move(decisions)}};
}

Result<Approval> read_approval(storage::Session& session, ApprovalId id) {
  const std::array<Bound, 1> values{Blob(id.value.bytes)};
  TENON_ASSIGN(found, find(session, "WHERE id = ?1", values));
  if (found.empty())
    return fail(Error(ErrorCode::not_found, "There is no such request for approval.")
                    .because("approval.unknown"));
  return std::move(found.front());
}

Result<std::vector<Approval>> approvals_of(storage::Session& session, std::string_view entity,
                                           RecordId record, std::size_t limit) {
  const std::array<Bound, 3> values{Blob(record.value.bytes), entity,
                                    static_cast<std::int64_t>(limit)};
  return find(session, "WHERE record = ?1 AND entity = ?2 ORDER BY id DESC LIMIT ?3", values);
}

Result<std::vector<Approval>> waiting_for(storage::Session& session, const Viewer& viewer,
                                          std::optional<ApprovalId> after, std::size_t limit) {
  if (!viewer.user) return std::vector<Approval>();
  TENON_ASSIGN(permissions, held(session, viewer));
  if (permissions.empty()) return std::vector<Approval>();
  const ApprovalId from = after.value_or(ApprovalId{});
  std::vector<Bound> values{Blob(from.value.bytes), Blob(viewer.user->value.bytes),
                            static_cast<std::int64_t>(limit)};
  std::string list;
  for (const auto& permission : permissions) {
    values.emplace_back(std::string_view(permission));
    list += fmt::format("{}?{}", list.empty() ? "" : ", ", values.size());
  }
  return find(
      session,
      fmt::format("WHERE state = 0 AND id > ?1 AND permission IN ({}) AND (not_author = 0 OR "
                  "((author IS NULL OR author <> ?2) AND (asked_by IS NULL OR asked_by <> ?2))) "
                  "AND NOT EXISTS (SELECT 1 FROM approval_decision AS d WHERE d.approval = "
                  "approval.id AND d.\"user\" = ?2) ORDER BY id LIMIT ?3",
                  list),
      values);
}

Result<std::vector<Approval>> asked_by(storage::Session& session, UserId user,
                                       std::optional<ApprovalId> before, std::size_t limit) {
  if (before) {
    const std::array<Bound, 3> values{Blob(user.value.bytes), static_cast<std::int64_t>(limit),
                                      Blob(before->value.bytes)};
    return find(session, "WHERE asked_by = ?1 AND id < ?3 ORDER BY id DESC LIMIT ?2", values);
  }
  const std::array<Bound, 2> values{Blob(user.value.bytes), static_cast<std::int64_t>(limit)};
  return find(session, "WHERE asked_by = ?1 ORDER BY id DESC LIMIT ?2", values);
}

Result<> check_decider(const Approval& approval, const Viewer& viewer) {
  if (approval.state != ApprovalState::waiting)
    return fail(Error(ErrorCode::conflict,
                      fmt::format("This request is {} already.", to_string(approval.state)))
                    .because("approval.ended")
                    .with_details(fmt::format("{{\"state\":\"{}\"}}", to_string(approval.state))));
  if (viewer.rights != nullptr && !viewer.rights->holds(approval.permission))
    return fail(
        Error(ErrorCode::denied,
              fmt::format("To decide this the right {} is needed.", approval.permission))
            .because("approval.right")
            .with_details(json::serialize(json::object{{"permission", approval.permission}})));
  const bool own =
      viewer.user && (viewer.user == approval.author || viewer.user == approval.asked_by);
  if (approval.not_author && own)
    return fail(
        Error(ErrorCode::denied, "Somebody else than the author and who asked has to decide this.")
            .because("approval.author"));
  const bool again = std::ranges::any_of(
      approval.decisions, [&](const Decision& decision) { return decision.user == viewer.user; });
  if (again)
    return fail(Error(ErrorCode::conflict, "You have approved this already; others have to.")
                    .because("approval.decided"));
  return {};
}

Result<std::vector<StepView>> steps_of(storage::Session& session, const EntityInfo& entity,
                                       RecordId id, const Viewer& viewer) {
  std::vector<StepView> views;
  if (!entity.status()) return views;
  std::vector<Value> row;
  const std::array<Bound, 1> values{Blob(id.value.bytes)};
  TENON_TRY(session.query(entity.sql().any, values, [&](const storage::Row& found) {
    int place = 0;
    for (const auto& column : entity.columns()) row.push_back(read_value(column, found, place++));
    return storage::Visit::more;
  }));
  if (row.empty())
    return fail(Error(ErrorCode::not_found, "There is no such record.").because("data.not_found"));
  TENON_ASSIGN(requests, approvals_of(session, entity.full_name(), id, 1));
  const bool waits = !requests.empty() && requests.front().state == ApprovalState::waiting;
  const auto actor = actor_of(entity, viewer);
  const auto* state = std::get_if<std::string>(&row[*entity.status()]);
  for (const auto& step : entity.entity().states->transitions) {
    if (state == nullptr || std::ranges::find(step.from, *state) == step.from.end()) continue;
    auto& view = views.emplace_back(
        StepView{.step = &step, .approvals = approvals_needed(entity, step, row), .why_not = {}});
    if (waits) {
      view.why_not =
          Error(ErrorCode::conflict, "The document waits for approval.").because("data.awaiting");
    } else if (auto may = check_step(entity, step, row, actor); !may) {
      view.why_not = std::move(may.error());
    } else if (step.permission.empty() && viewer.rights != nullptr) {
      const auto owner = entity.find("owner");
      const auto department = entity.find("department");
      const auto uuid = [&](std::optional<std::size_t> at) {
        const auto* value = at ? std::get_if<Uuid>(&row[*at]) : nullptr;
        return value == nullptr ? Uuid{} : *value;
      };
      if (auto writes = Sight(entity, viewer).check_change(uuid(owner), uuid(department)); !writes)
        view.why_not = std::move(writes.error());
    }
  }
  return views;
}

Result<> forget_approvals(storage::Session& session, const EntityInfo& entity, const Uuid& record) {
  if (!has_approvals(entity)) return {};
  const std::array<Bound, 2> values{Blob(record.bytes), std::string_view(entity.full_name())};
  TENON_TRY(
      session.execute("DELETE FROM approval_decision WHERE approval IN (SELECT id FROM approval "
                      "WHERE record = ?1 AND entity = ?2)",
                      values));
  TENON_TRY(session.execute("DELETE FROM approval WHERE record = ?1 AND entity = ?2", values));
  return {};
}

}  // namespace tenon::data
