#include "data/personal/preferences.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/fields/json_string.h"

namespace tenon::data {
namespace {

using storage::Blob;
using Bound = storage::Value;

constexpr std::size_t kLongestName = 100;

bool is_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/:").contains(c);
  });
}

Result<> check(const json::object& changes) {
  std::vector<FieldError> errors;
  for (const auto& [name, value] : changes) {
    const auto path = "/" + std::string(std::string_view(name).substr(0, 64));
    if (!is_name(name))
      errors.push_back({path, "name", "A name has 1 to 100 letters, digits, and . _ - / :"});
    else if (const auto text = json::serialize(value);
             text.size() > kMaxPreference || text.contains("\\u0000"))
      errors.push_back(
          {path, "max_length", fmt::format("At most {} bytes without NUL.", kMaxPreference)});
  }
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::invalid, "Some preferences are wrong.")
                  .because("data.fields")
                  .with_fields(std::move(errors)));
}

}  // namespace

Result<std::string> read_preferences(storage::Session& session, UserId user) {
  std::string text = "{";
  const std::array<Bound, 1> values{Blob(user.value.bytes)};
  TENON_TRY(session.query("SELECT name, value FROM preference WHERE \"user\" = ?1 ORDER BY name",
                          values, [&](const storage::Row& row) {
                            if (text.size() > 1) text += ',';
                            write_json_string(text, row.text(0));
                            text.append(1, ':').append(row.text(1));
                            return storage::Visit::more;
                          }));
  return text + "}";
}

Result<> change_preferences(storage::Session& session, UserId user, const json::object& changes) {
  TENON_TRY(check(changes));
  for (const auto& [key, value] : changes) {
    const std::string_view name(key);
    const auto text = json::serialize(value);
    const std::array<Bound, 3> values{Blob(user.value.bytes), name, std::string_view(text)};
    if (value.is_null())
      TENON_TRY(session.execute("DELETE FROM preference WHERE \"user\" = ?1 AND name = ?2",
                                std::span(values).first(2)));
    else
      TENON_TRY(
          session.execute("INSERT INTO preference(\"user\", name, value) VALUES(?1, ?2, ?3) "
                          "ON CONFLICT(\"user\", name) DO UPDATE SET value = ?3",
                          values));
  }
  std::int64_t count = 0;
  const std::array<Bound, 1> of_user{Blob(user.value.bytes)};
  TENON_TRY(session.query("SELECT count(*) FROM preference WHERE \"user\" = ?1", of_user,
                          [&](const storage::Row& row) {
                            count = row.integer(0);
                            return storage::Visit::more;
                          }));
  if (count <= static_cast<std::int64_t>(kMaxPreferences)) return {};
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("At most {} preferences; remove some with null.", kMaxPreferences))
                  .because("preference.count"));
}

}  // namespace tenon::data
