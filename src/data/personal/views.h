#pragma once
// A list as somebody likes to see it, under a name: filters, columns, order. It belongs to who
// saved it; a shared one is seen by everybody who may see the entity. The server keeps the
// definition and reads nothing into it.
//
// Limits: 200 views of a user, a name of 1…100 characters, 16 KiB of definition.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "data/record.h"
#include "storage/session.h"

namespace tenon::data {

using ViewId = Id<struct ViewTag>;

inline constexpr std::size_t kMaxViews = 200;
inline constexpr std::size_t kMaxDefinition = std::size_t{16} << 10U;

/// What of a view can be set.
struct ViewFields {
  std::string entity;  // full name; cannot be changed
  std::string name;
  bool shared = false;
  json::object definition;
};

struct SavedView {
  ViewId id;
  UserId user;
  std::uint64_t version = 1;
  ViewFields fields;
  std::int64_t updated_at = 0;  // microseconds
};

/// `{"id","entity","name","shared","mine","definition","version","updated_at"}`.
[[nodiscard]] std::string to_json(const SavedView& view, UserId reader);

/// Those of an entity (empty: of all) that `user` has saved, and the shared ones; by name.
[[nodiscard]] Result<std::vector<SavedView>> list_views(storage::Session& session, UserId user,
                                                        std::string_view entity);
/// Errors: not_found (`view.missing`) also for one of somebody else that is not shared.
[[nodiscard]] Result<SavedView> read_view(storage::Session& session, UserId user, ViewId id);

/// Errors of the writes: invalid (`data.fields`), exhausted (`view.count`), not_found
/// (`view.missing`), conflict (`data.version`) when `expected` is another than the stored version.
[[nodiscard]] Result<> insert_view(storage::Session& session, const SavedView& view);
[[nodiscard]] Result<SavedView> update_view(storage::Session& session, UserId user, ViewId id,
                                            const json::object& changes,
                                            std::optional<std::uint64_t> expected, Timestamp now);
[[nodiscard]] Result<> erase_view(storage::Session& session, UserId user, ViewId id,
                                  std::optional<std::uint64_t> expected);

/// Reads `name`, `shared` and `definition`, on top of what is there. Errors: invalid
/// (`data.fields`).
[[nodiscard]] Result<ViewFields> decode_view(ViewFields base, const json::object& changes);

}  // namespace tenon::data
