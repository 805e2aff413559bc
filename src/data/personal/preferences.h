#pragma once
// What one person has set for themselves: column widths, language of a list, the last tab. The
// server keeps it and reads nothing into it.
//
// Limits: 200 names of a user, 16 KiB of JSON under each; a name has 1…100 letters, digits, `.`,
// `_`, `-`, `/` and `:`.

#include <string>

#include "base/id.h"
#include "base/json.h"
#include "storage/session.h"

namespace tenon::data {

inline constexpr std::size_t kMaxPreferences = 200;
inline constexpr std::size_t kMaxPreference = std::size_t{16} << 10U;

/// `{name: value}` as JSON text, in the order of the names.
[[nodiscard]] Result<std::string> read_preferences(storage::Session& session, UserId user);
/// Sets the members of `changes`; null removes one. All or nothing. Errors: invalid
/// (`preference.name`, `preference.size`, with each member), exhausted (`preference.count`).
[[nodiscard]] Result<> change_preferences(storage::Session& session, UserId user,
                                          const json::object& changes);

}  // namespace tenon::data
