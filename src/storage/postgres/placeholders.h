#pragma once
// The data room numbers its placeholders `?1`; PostgreSQL wants `$1`.

#include <string>
#include <string_view>

namespace tenon::storage::postgres {

/// `?7` → `$7` outside of literals, quoted names and comments. A `?` without a number stays as it
/// is. Cost: once per statement and connection.
[[nodiscard]] std::string with_dollars(std::string_view sql);

}  // namespace tenon::storage::postgres
