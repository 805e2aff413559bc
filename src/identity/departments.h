#pragma once
// The tree of a company. A user belongs to one department at most; what a role opens for a
// department or its tree is counted from there.

#include <optional>
#include <string>
#include <vector>

#include "identity/change.h"

namespace tenon::identity {

inline constexpr std::size_t kDepartmentDepth = 16;

struct DepartmentRow {
  DepartmentId id;
  std::optional<DepartmentId> parent;
  std::string name;
  std::uint64_t version = 0;
  std::uint64_t members = 0;
};

struct DepartmentContent {
  std::string name;  // 1…100 bytes, unlike its siblings' but for case
  std::optional<DepartmentId> parent;
};

/// By name; the tree is made of `parent`.
[[nodiscard]] Result<std::vector<DepartmentRow>> list_departments(storage::Session& session);
/// Errors: not_found (`department.unknown`).
[[nodiscard]] Result<DepartmentRow> get_department(storage::Session& session, DepartmentId id);

/// Errors: invalid (field errors; `department.cycle`, `department.depth`), conflict
/// (`department.exists`, `data.version`), exhausted (`plan.departments`).
[[nodiscard]] Result<DepartmentId> create_department(Change& change,
                                                     const DepartmentContent& department);
[[nodiscard]] Result<> change_department(Change& change, DepartmentId id,
                                         const DepartmentContent& department,
                                         std::optional<std::uint64_t> version);
/// Errors: conflict (`department.in_use`) while it has members or departments below it. Records of
/// the department keep it and are seen by those who see all.
[[nodiscard]] Result<> delete_department(Change& change, DepartmentId id);

[[nodiscard]] json::object to_json(const DepartmentRow& department);

}  // namespace tenon::identity
