#include "identity/user_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "identity/sql.h"

namespace tenon::identity {
namespace {

constexpr std::array<std::string_view, 3> kStates = {"invited", "active", "deactivated"};
constexpr std::size_t kMaxPage = 200;

constexpr std::string_view kColumns =
    "id, name, full_name, email, locale, department, state, "
    "CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), "
    "CAST(CASE WHEN totp_secret IS NULL THEN 0 ELSE 1 END AS BIGINT), "
    "successor, version, created_at, updated_at, name_key";

UserRow row_of(const sql::Row& row) {
  return {.id = sql::id_at<UserId>(row, 0),
          .name = std::string(row.text(1)),
          .full_name = std::string(row.text(2)),
          .email = std::string(row.text(3)),
          .locale = std::string(row.text(4)),
          .department = sql::optional_id_at<DepartmentId>(row, 5),
          .state = static_cast<UserState>(row.integer(6)),
          .has_password = row.integer(7) != 0,
          .has_totp = row.integer(8) != 0,
          .successor = sql::optional_id_at<UserId>(row, 9),
          .version = static_cast<std::uint64_t>(row.integer(10)),
          .created = sql::time_at(row, 11),
          .updated = sql::time_at(row, 12)};
}

std::string select(std::string_view rest) {
  return fmt::format("SELECT {} FROM identity_user {}", kColumns, rest);
}

/// `%text%` with the wildcards of `text` escaped.
std::string pattern_of(std::string_view text) {
  std::string pattern = "%";
  for (const char c : utf8::fold(text)) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace

std::string_view to_string(UserState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<UserState> user_state_from(std::string_view word) noexcept {
  const auto* found = std::ranges::find(kStates, word);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<UserState>(found - kStates.begin());
}

Result<UserPage> list_users(storage::Session& session, const UserQuery& query) {
  const auto limit = std::clamp<std::size_t>(query.limit, 1, kMaxPage);
  std::string where;
  std::vector<sql::Value> values;
  const auto add = [&](std::string_view condition, sql::Value value) {
    values.push_back(value);
    where += fmt::format("{}{}", where.empty() ? "WHERE " : " AND ",
                         fmt::format(fmt::runtime(condition), values.size()));
  };
  const auto pattern = pattern_of(query.text);
  if (!query.text.empty())
    add("(name_key LIKE ?{0} ESCAPE '\\' OR tenon_fold(full_name) LIKE ?{0} ESCAPE '\\' OR "
        "email_key LIKE ?{0} ESCAPE '\\')",
        std::string_view(pattern));
  if (query.state) add("state = ?{0}", static_cast<std::int64_t>(*query.state));
  if (query.department) add("department = ?{0}", sql::id(*query.department));
  if (!query.after.empty()) add("name_key > ?{0}", std::string_view(query.after));
  values.emplace_back(static_cast<std::int64_t>(limit + 1));
  UserPage page;
  std::string last;
  TENON_TRY(
      session.query(select(fmt::format("{} ORDER BY name_key LIMIT ?{}", where, values.size())),
                    values, [&](const sql::Row& row) {
                      if (page.users.size() == limit) {
                        page.next = last;
                        return sql::Visit::stop;
                      }
                      page.users.push_back(row_of(row));
                      last = row.text(13);
                      return sql::Visit::more;
                    }));
  return page;
}

Result<UserRow> get_user(storage::Session& session, UserId id) {
  std::optional<UserRow> found;
  TENON_TRY(sql::each(session, select("WHERE id = ?1"), std::array<sql::Value, 1>{sql::id(id)},
                      [&](const sql::Row& row) { found = row_of(row); }));
  if (found) return *std::move(found);
  return fail(Error(ErrorCode::not_found, "There is no such user.").because("user.unknown"));
}

Result<std::optional<UserRow>> find_user(storage::Session& session, std::string_view name) {
  std::optional<UserRow> found;
  const auto key = utf8::is_valid(name) ? utf8::fold(name) : std::string();
  TENON_TRY(sql::each(session, select("WHERE name_key = ?1"),
                      std::array<sql::Value, 1>{std::string_view(key)},
                      [&](const sql::Row& row) { found = row_of(row); }));
  return found;
}

Result<std::vector<RoleId>> roles_of(storage::Session& session, UserId user) {
  std::vector<RoleId> roles;
  TENON_TRY(sql::each(session, "SELECT role FROM identity_assignment WHERE user_id = ?1",
                      std::array<sql::Value, 1>{sql::id(user)},
                      [&](const sql::Row& row) { roles.push_back(sql::id_at<RoleId>(row, 0)); }));
  std::ranges::sort(roles);
  return roles;
}

json::object to_json(const UserRow& user) {
  json::object object{{"id", user.id.to_string()},
                      {"name", user.name},
                      {"full_name", user.full_name},
                      {"email", nullptr},
                      {"locale", user.locale},
                      {"department", nullptr},
                      {"state", to_string(user.state)},
                      {"has_password", user.has_password},
                      {"has_totp", user.has_totp},
                      {"successor", nullptr},
                      {"version", user.version},
                      {"created_at", to_rfc3339(user.created)},
                      {"updated_at", to_rfc3339(user.updated)}};
  if (!user.email.empty()) object["email"] = user.email;
  if (user.department) object["department"] = user.department->to_string();
  if (user.successor) object["successor"] = user.successor->to_string();
  return object;
}

}  // namespace tenon::identity
