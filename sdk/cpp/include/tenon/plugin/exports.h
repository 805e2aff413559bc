#pragma once
// What a module offers, as plain tables. A module defines the tables of the interfaces its world
// exports and no others; the archive of this SDK then contributes the code of exactly those
// exports. Tables are `constexpr` arrays of names and functions, so that nothing runs when an
// instance is made: an instance lives for one call.

#include <span>
#include <string_view>

#include "tenon/plugin/json.h"

namespace tenon::plugin {

/// For a world that exports `lifecycle`: called once when the module is enabled for a tenant, in
/// its own transaction.
[[nodiscard]] Result<Json> init();

/// For a world that exports `tenancy`: the module meets a tenant for the first time.
[[nodiscard]] Result<> tenant_created();
/// Everything the module keeps for the tenant is about to be deleted for good.
[[nodiscard]] Result<> tenant_deleted();

/// For a world that exports `health`: counters, or what is wrong.
[[nodiscard]] Result<Json> health();

enum class Operation : std::uint8_t { insert, update };

/// A row that is about to be written.
struct Change {
  Operation operation = Operation::insert;
  Json before;  // the stored record; null at an insert
  Json after;   // the fields the caller gave

  /// The value the field will have: the one given now, else the stored one, else null.
  [[nodiscard]] const Json& value(std::string_view field) const {
    const Json* given = after.find(field);
    return given != nullptr ? *given : before[field];
  }
};

struct SaveHook {
  std::string_view entity;
  /// Gives the fields as they shall be stored, or the error that refuses the row.
  Result<Json> (*before_save)(Change change);
};

/// For a world that exports `hooks`.
[[nodiscard]] std::span<const SaveHook> hooks();

struct Action {
  std::string_view name;  // as in the manifest
  Result<Json> (*run)(const Json& input);
};

/// For a world that exports `actions`.
[[nodiscard]] std::span<const Action> actions();

struct Event {
  Json json;  // id, type, entity, record_id, payload, hop
  [[nodiscard]] std::string_view type() const { return json["type"].text(); }
  [[nodiscard]] std::string_view entity() const { return json["entity"].text(); }
  [[nodiscard]] std::string_view record_id() const { return json["record_id"].text(); }
  [[nodiscard]] const Json& payload() const { return json["payload"]; }
};

struct EventHandler {
  std::string_view
      type;  // a whole type, or `customer.*` for every type that begins with `customer.`
  /// Errors: the host delivers the event again later.
  Result<> (*handle)(const Event& event);
};

/// For a world that exports `event-handler`. Every handler whose type fits runs, in order.
[[nodiscard]] std::span<const EventHandler> event_handlers();

struct Request {
  Json json;  // method, path, query, headers, body
  std::vector<std::pair<std::string_view, std::string>> parameters;  // of `{name}` segments

  [[nodiscard]] std::string_view parameter(std::string_view name) const {
    for (const auto& [key, value] : parameters)
      if (key == name) return value;
    return {};
  }
};

struct Response {
  int status = 200;
  Json body;
};

struct Route {
  std::string_view method;
  std::string_view path;  // as in the manifest: `/summary/{city}`
  Result<Response> (*handle)(const Request& request);
};

/// For a world that exports `routes`.
[[nodiscard]] std::span<const Route> routes();

}  // namespace tenon::plugin
