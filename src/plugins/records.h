#pragma once
// Rows are written by people (through the API) and by plugins (through their host functions). Both
// come through here, so that the hook of the plugin that owns an entity sees every change, inside
// the transaction of whoever makes it.

#include <optional>
#include <string>

#include "plugins/host.h"

namespace tenon::plugins {

/// In which transaction and on whose behalf a row is written. A client (`Author::client`) must not
/// set computed fields; the plugin that owns the entity may.
struct RecordWrite {
  data::UnitOfWork& work;
  CallOrigin origin;
  data::Author author = data::Author::client;
};

/// The writer lease is taken when the first statement needs it: a hook that only looks at the
/// values runs outside it. Thread: a guest executor. Errors: those of the unit of work, and
/// whatever the hook answers.
[[nodiscard]] Task<data::Record> insert_record(Host& host, RecordWrite write,
                                               const data::EntityInfo& entity, json::object fields);
[[nodiscard]] Task<data::Record> update_record(Host& host, RecordWrite write,
                                               const data::EntityInfo& entity, RecordId id,
                                               json::object fields,
                                               std::optional<std::uint64_t> expected_version);
/// Changes or leaves the row that `key` names, or makes one, as UnitOfWork::upsert(). Without a
/// `key` the only one that `fields` name decides, else the row is new. A key of `id` alone names
/// the row by its id, which must be there. Errors: invalid (`data.fields`) for an unknown id.
[[nodiscard]] Task<data::Upserted> upsert_record(Host& host, RecordWrite write,
                                                 const data::EntityInfo& entity,
                                                 json::object fields, std::vector<std::string> key,
                                                 data::Resolution resolution);
[[nodiscard]] Task<> erase_record(Host& host, RecordWrite write, const data::EntityInfo& entity,
                                  RecordId id, std::optional<std::uint64_t> expected_version);

/// The hook alone, for who writes the row by itself: gives the fields as they shall be stored.
/// `existing` is the record that will be changed, or none. Requires: the unit is acquired.
[[nodiscard]] Task<json::object> save_hook(Host& host, RecordWrite write,
                                           const data::EntityInfo& entity,
                                           std::optional<RecordId> existing, json::object fields);

/// Whether writing `entity` runs a hook, which may suspend.
[[nodiscard]] bool has_save_hook(const Installations& installations,
                                 const data::EntityInfo& entity);

}  // namespace tenon::plugins
