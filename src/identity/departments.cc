#include "identity/departments.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "identity/plan.h"
#include "identity/rights.h"
#include "identity/sql.h"
#include "identity/user_checks.h"

namespace tenon::identity {
namespace {

using Tree = std::map<DepartmentId, DepartmentRow>;

std::unexpected<Error> misplaced(std::string_view reason, std::string_view text) {
  return fail(Error(ErrorCode::invalid, std::string(text))
                  .because(std::string(reason))
                  .with_field({"/parent", "reference", std::string(text)}));
}

Result<Tree> read_tree(storage::Session& session) {
  TENON_ASSIGN(rows, list_departments(session));
  Tree tree;
  for (auto& row : rows) tree.emplace(row.id, std::move(row));
  return tree;
}

/// A root is the administrator's business: whatever lies in no department of the actor's is.
Result<> check_reach(Change& change, std::initializer_list<std::optional<DepartmentId>> places) {
  const auto* actor = change.principal();
  if (actor == nullptr || actor->administrator) return {};
  for (const auto& place : places)
    if (!place || !reaches(*actor, place))
      return fail(Error(ErrorCode::denied,
                        "You can change departments below your own only; ask an administrator.")
                      .because("department.escalation"));
  return {};
}

std::size_t height_below(const Tree& tree, DepartmentId id) {
  std::size_t height = 0;
  for (const auto& [child, row] : tree)
    if (row.parent == id) height = std::max(height, height_below(tree, child) + 1);
  return height;
}

/// Whether `id` may hang below `parent`.
Result<> check_place(const Tree& tree, DepartmentId id, std::optional<DepartmentId> parent) {
  std::size_t depth = 0;
  for (auto above = parent; above; ++depth) {
    if (*above == id) return misplaced("department.cycle", "A department cannot lie below itself.");
    const auto found = tree.find(*above);
    if (found == tree.end()) return misplaced("schema.fields", "There is no such department.");
    above = found->second.parent;
  }
  if (depth + height_below(tree, id) >= kDepartmentDepth)
    return misplaced("department.depth", "Departments lie in at most 16 levels.");
  return {};
}

Result<> check_content(const Tree& tree, DepartmentId id, const DepartmentContent& department) {
  FieldCheck check;
  check.text("name", department.name, 1, 100);
  TENON_TRY(check.done());
  TENON_TRY(check_place(tree, id, department.parent));
  const auto key = utf8::fold(department.name);
  for (const auto& [other, row] : tree)
    if (other != id && row.parent == department.parent && utf8::fold(row.name) == key)
      return fail(Error(ErrorCode::conflict, "There is a department of that name beside it.")
                      .because("department.exists")
                      .with_field({"/name", "unique", "This name is used already."}));
  return {};
}

}  // namespace

Result<std::vector<DepartmentRow>> list_departments(storage::Session& session) {
  std::vector<DepartmentRow> rows;
  TENON_TRY(sql::each(
      session,
      "SELECT d.id, d.parent, d.name, d.version, (SELECT count(*) FROM identity_user AS u WHERE "
      "u.department = d.id AND u.state <> 2) FROM identity_department AS d ORDER BY d.name, d.id",
      std::array<sql::Value, 0>{}, [&](const sql::Row& row) {
        rows.push_back({.id = sql::id_at<DepartmentId>(row, 0),
                        .parent = sql::optional_id_at<DepartmentId>(row, 1),
                        .name = std::string(row.text(2)),
                        .version = static_cast<std::uint64_t>(row.integer(3)),
                        .members = static_cast<std::uint64_t>(row.integer(4))});
      }));
  return rows;
}

Result<DepartmentRow> get_department(storage::Session& session, DepartmentId id) {
  TENON_ASSIGN(tree, read_tree(session));
  const auto found = tree.find(id);
  if (found != tree.end()) return found->second;
  return fail(
      Error(ErrorCode::not_found, "There is no such department.").because("department.unknown"));
}

Result<DepartmentId> create_department(Change& change, const DepartmentContent& department) {
  TENON_ASSIGN(tree, read_tree(change.session()));
  TENON_ASSIGN(plan, read_plan(change.session()));
  if (static_cast<std::int64_t>(tree.size()) >= plan.of(PlanLimit::departments))
    return fail(Error(ErrorCode::exhausted, fmt::format("The plan \"{}\" allows {} departments.",
                                                        plan.name, plan.of(PlanLimit::departments)))
                    .because("plan.departments"));
  const auto id = change.make_id<DepartmentId>();
  TENON_TRY(check_content(tree, id, department));
  TENON_TRY(check_reach(change, {department.parent}));
  TENON_TRY(change.execute(
      "INSERT INTO identity_department(id, parent, name, version, created_at) "
      "VALUES(?1, ?2, ?3, 1, ?4)",
      std::array<sql::Value, 4>{sql::id(id), sql::id(department.parent),
                                std::string_view(department.name), sql::time(change.now())}));
  change.touch();  // it widens the tree of those above
  const DepartmentRow row{
      .id = id, .parent = department.parent, .name = department.name, .version = 1};
  TENON_TRY(change.audit("department", id.value, "created", {}, to_json(row)));
  return id;
}

Result<> change_department(Change& change, DepartmentId id, const DepartmentContent& department,
                           std::optional<std::uint64_t> version) {
  TENON_ASSIGN(tree, read_tree(change.session()));
  TENON_ASSIGN(before, get_department(change.session(), id));
  if (version && *version != before.version)
    return fail(Error(ErrorCode::conflict, "The department was changed by somebody else meanwhile.")
                    .because("data.version"));
  TENON_TRY(check_content(tree, id, department));
  TENON_TRY(check_reach(change, {id, before.parent, department.parent}));
  TENON_TRY(change.execute(
      "UPDATE identity_department SET parent = ?2, name = ?3, version = version + 1 WHERE id = ?1",
      std::array<sql::Value, 3>{sql::id(id), sql::id(department.parent),
                                std::string_view(department.name)}));
  change.touch();
  auto after = before;
  after.parent = department.parent;
  after.name = department.name;
  ++after.version;
  return change.audit("department", id.value, "updated", to_json(before), to_json(after));
}

Result<> delete_department(Change& change, DepartmentId id) {
  TENON_ASSIGN(before, get_department(change.session(), id));
  TENON_TRY(check_reach(change, {id, before.parent}));
  TENON_ASSIGN(used, sql::number(change.session(),
                                 "SELECT (SELECT count(*) FROM identity_user WHERE department = ?1)"
                                 " + (SELECT count(*) FROM identity_department WHERE parent = ?1)",
                                 std::array<sql::Value, 1>{sql::id(id)}));
  if (used != 0)
    return fail(Error(ErrorCode::conflict,
                      "The department has members or departments below it; move them first.")
                    .because("department.in_use"));
  TENON_TRY(change.execute("DELETE FROM identity_department WHERE id = ?1",
                           std::array<sql::Value, 1>{sql::id(id)}));
  change.touch();
  return change.audit("department", id.value, "deleted", to_json(before), {});
}

json::object to_json(const DepartmentRow& department) {
  json::object object{{"id", department.id.to_string()},
                      {"parent", nullptr},
                      {"name", department.name},
                      {"members", department.members},
                      {"version", department.version}};
  if (department.parent) object["parent"] = department.parent->to_string();
  return object;
}

}  // namespace tenon::identity
