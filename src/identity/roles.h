#pragma once
// A role is a named set of permissions, each with how far it reaches, and of columns that it keeps
// out of reach. Users hold roles; what follows for them is in rights.h.

#include <optional>
#include <string>
#include <vector>

#include "identity/change.h"

namespace tenon::identity {

inline constexpr std::size_t kGrantsOfRole = 1000;
inline constexpr std::size_t kColumnsOfRole = 1000;
inline constexpr std::size_t kRoles = 500;

struct Grant {
  std::string permission;  // `crm.customer.list`
  data::Scope scope = data::Scope::all;
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// A column that holders of the role do not see, or see and may not change.
struct ColumnRight {
  std::string entity;  // `crm.customer`
  std::string name;
  bool locked = false;  // false: hidden
  friend bool operator==(const ColumnRight&, const ColumnRight&) = default;
};

struct RoleRow {
  RoleId id;
  std::string name;  // 1…64 bytes
  std::string description;
  std::vector<Grant> grants;
  std::vector<ColumnRight> columns;
  std::uint64_t version = 0;
  std::uint64_t users = 0;  // that hold it
  [[nodiscard]] bool built_in() const noexcept;
};

/// What a role says. Which permissions there are is the caller's knowledge: it checks them.
struct RoleContent {
  std::string name, description;
  std::vector<Grant> grants;
  std::vector<ColumnRight> columns;
};

/// With the built-in one first, then by name.
[[nodiscard]] Result<std::vector<RoleRow>> list_roles(storage::Session& session);
/// Errors: not_found (`role.unknown`).
[[nodiscard]] Result<RoleRow> get_role(storage::Session& session, RoleId id);
[[nodiscard]] Result<std::optional<RoleId>> find_role(storage::Session& session,
                                                      std::string_view name);

/// Errors: invalid (field errors), conflict (`role.exists`, `data.version`), exhausted
/// (`role.limit`), denied (`role.escalation`: a right that the actor has not, `role.built_in`).
[[nodiscard]] Result<RoleId> create_role(Change& change, const RoleContent& role);
[[nodiscard]] Result<> change_role(Change& change, RoleId id, const RoleContent& role,
                                   std::optional<std::uint64_t> version);
/// Takes it from all who hold it.
[[nodiscard]] Result<> delete_role(Change& change, RoleId id);

/// Whether the actor may give these roles to somebody. Errors: not_found, denied.
[[nodiscard]] Result<> check_roles(Change& change, const std::vector<RoleId>& roles);

/// For an audit row and a client.
[[nodiscard]] json::object to_json(const RoleRow& role);

}  // namespace tenon::identity
