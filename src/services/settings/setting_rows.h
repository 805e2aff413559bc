#pragma once
// What an administrator has set, as rows of the tenant: one for each value that was ever given, and
// a version for each owner (a plugin, a native module, or the company itself). What is not there
// has its default.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "data/native_scripts.h"
#include "storage/session.h"

namespace tenon::services {

/// Lifetime: the program's.
[[nodiscard]] std::span<const data::NativeScript> setting_scripts();

struct StoredSettings {
  std::map<std::string, json::value, std::less<>> values;  // that were given, by name
  std::uint64_t version = 0;                               // 0: nothing was ever given
  std::optional<Timestamp> updated_at = {};
  std::optional<UserId> updated_by = {};
};

[[nodiscard]] Result<StoredSettings> read_settings(storage::Session& session,
                                                   std::string_view owner);
/// Sets `values`, a null takes a value away; the version grows by one.
[[nodiscard]] Result<> write_settings(storage::Session& session, std::string_view owner,
                                      const json::object& values, std::optional<UserId> by,
                                      Timestamp now);

/// The company: what documents and schedules of all modules go by.
inline constexpr std::string_view kCompany = "company";
struct Company {
  std::string name;  // empty: not said yet
  std::string locale = "zh-CN";
  std::string time_zone = "Asia/Shanghai";
  std::string currency = "CNY";
};
[[nodiscard]] Result<Company> read_company(storage::Session& session);

}  // namespace tenon::services
