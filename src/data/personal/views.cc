#include "data/personal/views.h"

#include <fmt/format.h>

#include <array>

#include "base/utf8.h"
#include "data/encode.h"
#include "data/fields/json_string.h"
#include "data/fields/time.h"

namespace tenon::data {
namespace {

using storage::Blob;
using Bound = storage::Value;

constexpr std::size_t kLongestName = 100;
constexpr std::string_view kColumns =
    "id, \"user\", entity, name, shared, definition, version, updated_at";

Error missing() {
  return Error(ErrorCode::not_found, "There is no such view.").because("view.missing");
}

SavedView view_at(const storage::Row& row) {
  SavedView view{.id = ViewId{to_uuid(row.blob(0))},
                 .user = UserId{to_uuid(row.blob(1))},
                 .version = static_cast<std::uint64_t>(row.integer(6)),
                 .fields = {.entity = std::string(row.text(2)),
                            .name = std::string(row.text(3)),
                            .shared = row.integer(4) != 0,
                            .definition = {}},
                 .updated_at = row.integer(7)};
  if (auto definition = json::parse_object(row.text(5), {.bytes = kMaxDefinition}))
    view.fields.definition = std::move(*definition);
  return view;
}

Result<> check_version(const SavedView& view, std::optional<std::uint64_t> expected) {
  if (!expected || *expected == view.version) return {};
  return fail(Error(ErrorCode::conflict, "The view was changed meanwhile.")
                  .because("data.version")
                  .with_details(fmt::format("{{\"expected\":{},\"current\":{},\"record\":{}}}",
                                            *expected, view.version, to_json(view, view.user))));
}

/// One that `user` may change.
Result<SavedView> own_view(storage::Session& session, UserId user, ViewId id,
                           std::optional<std::uint64_t> expected) {
  TENON_ASSIGN(view, read_view(session, user, id));
  if (view.user != user)
    return fail(
        Error(ErrorCode::denied, "Only who saved a view may change it.").because("view.foreign"));
  TENON_TRY(check_version(view, expected));
  return std::move(view);
}

}  // namespace

std::string to_json(const SavedView& view, UserId reader) {
  std::string text = "{\"id\":\"" + view.id.to_string() + "\",\"entity\":";
  write_json_string(text, view.fields.entity);
  text += ",\"name\":";
  write_json_string(text, view.fields.name);
  text += fmt::format(",\"shared\":{},\"mine\":{},\"definition\":", view.fields.shared,
                      view.user == reader);
  text += json::serialize(view.fields.definition);
  text += fmt::format(",\"version\":{},\"updated_at\":\"", view.version);
  write_datetime(text, view.updated_at);
  return text + "\"}";
}

Result<std::vector<SavedView>> list_views(storage::Session& session, UserId user,
                                          std::string_view entity) {
  std::vector<SavedView> views;
  const std::array<Bound, 2> values{Blob(user.value.bytes), entity};
  TENON_TRY(session.query(
      fmt::format("SELECT {} FROM saved_view WHERE (\"user\" = ?1 OR shared = 1) AND (CAST(?2 AS "
                  "TEXT) = '' OR entity = ?2) ORDER BY entity, name, id",
                  kColumns),
      values, [&](const storage::Row& row) {
        views.push_back(view_at(row));
        return storage::Visit::more;
      }));
  return views;
}

Result<SavedView> read_view(storage::Session& session, UserId user, ViewId id) {
  std::optional<SavedView> found;
  const std::array<Bound, 2> values{Blob(id.value.bytes), Blob(user.value.bytes)};
  TENON_TRY(session.query(fmt::format("SELECT {} FROM saved_view WHERE id = ?1 AND (\"user\" = ?2 "
                                      "OR shared = 1)",
                                      kColumns),
                          values, [&](const storage::Row& row) {
                            found = view_at(row);
                            return storage::Visit::more;
                          }));
  if (!found) return fail(missing());
  return std::move(*found);
}

Result<> insert_view(storage::Session& session, const SavedView& view) {
  std::int64_t count = 0;
  const std::array<Bound, 1> of_user{Blob(view.user.value.bytes)};
  TENON_TRY(session.query("SELECT count(*) FROM saved_view WHERE \"user\" = ?1", of_user,
                          [&](const storage::Row& row) {
                            count = row.integer(0);
                            return storage::Visit::more;
                          }));
  if (count >= static_cast<std::int64_t>(kMaxViews))
    return fail(
        Error(ErrorCode::exhausted, fmt::format("At most {} views; delete some.", kMaxViews))
            .because("view.count"));
  const auto definition = json::serialize(view.fields.definition);
  const std::array<Bound, 8> values{
      Blob(view.id.value.bytes),
      Blob(view.user.value.bytes),
      std::string_view(view.fields.entity),
      std::string_view(view.fields.name),
      std::int64_t{view.fields.shared ? 1 : 0},
      std::string_view(definition),
      static_cast<std::int64_t>(view.version),
      view.updated_at,
  };
  TENON_TRY(session.execute(fmt::format("INSERT INTO saved_view({}) VALUES(?1, ?2, ?3, ?4, ?5, "
                                        "?6, ?7, ?8)",
                                        kColumns),
                            values));
  return {};
}

Result<SavedView> update_view(storage::Session& session, UserId user, ViewId id,
                              const json::object& changes, std::optional<std::uint64_t> expected,
                              Timestamp now) {
  TENON_ASSIGN(view, own_view(session, user, id, expected));
  TENON_ASSIGN(fields, decode_view(std::move(view.fields), changes));
  view.fields = std::move(fields);
  view.updated_at = now.time_since_epoch().count();
  ++view.version;
  const auto definition = json::serialize(view.fields.definition);
  const std::array<Bound, 6> values{Blob(id.value.bytes),
                                    std::string_view(view.fields.name),
                                    std::int64_t{view.fields.shared ? 1 : 0},
                                    std::string_view(definition),
                                    static_cast<std::int64_t>(view.version),
                                    view.updated_at};
  TENON_TRY(
      session.execute("UPDATE saved_view SET name = ?2, shared = ?3, definition = ?4, "
                      "version = ?5, updated_at = ?6 WHERE id = ?1",
                      values));
  return std::move(view);
}

Result<> erase_view(storage::Session& session, UserId user, ViewId id,
                    std::optional<std::uint64_t> expected) {
  TENON_TRY(own_view(session, user, id, expected));
  const std::array<Bound, 1> values{Blob(id.value.bytes)};
  TENON_TRY(session.execute("DELETE FROM saved_view WHERE id = ?1", values));
  return {};
}

Result<ViewFields> decode_view(ViewFields base, const json::object& changes) {
  std::vector<FieldError> errors;
  const auto wrong = [&](std::string path, std::string code, std::string message) {
    errors.push_back({std::move(path), std::move(code), std::move(message)});
  };
  for (const auto& [key, value] : changes) {
    const std::string_view name(key);
    if (name == "name") {
      const auto* text = value.if_string();
      if (text == nullptr)
        wrong("/name", "type", "A text is expected.");
      else if (text->empty() || utf8::count_code_points(*text) > kLongestName ||
               std::string_view(*text).find_first_of(std::string_view("\0\r\n", 3)) !=
                   std::string_view::npos)
        wrong("/name", "max_length", "A name has 1 to 100 characters in one line.");
      else
        base.name = utf8::to_nfc(*text);
    } else if (name == "shared") {
      if (const auto* shared = value.if_bool())
        base.shared = *shared;
      else
        wrong("/shared", "type", "true or false is expected.");
    } else if (name == "definition") {
      const auto* definition = value.if_object();
      const auto text = definition == nullptr ? std::string() : json::serialize(*definition);
      if (definition == nullptr)
        wrong("/definition", "type", "An object is expected.");
      else if (text.size() > kMaxDefinition || text.contains("\\u0000"))
        wrong("/definition", "max_length",
              fmt::format("At most {} bytes without NUL.", kMaxDefinition));
      else
        base.definition = *definition;
    } else if (name != "entity") {
      wrong("/" + std::string(name.substr(0, 64)), "unknown",
            "A view has an entity, a name, shared and a definition.");
    } else if (const auto* entity = value.if_string();
               !base.entity.empty() && (entity == nullptr || base.entity != *entity)) {
      wrong("/entity", "read_only", "A view stays with its entity.");
    }
  }
  if (base.name.empty() && errors.empty()) wrong("/name", "required", "A view has a name.");
  if (errors.empty()) return base;
  return fail(Error(ErrorCode::invalid, "Some fields are wrong.")
                  .because("data.fields")
                  .with_fields(std::move(errors)));
}

}  // namespace tenon::data
