#pragma once
// What a record request is about: found among what is installed, and allowed. Every endpoint of
// records, trash, files and batches finds its entity here, so that none can forget the right.

#include <memory>
#include <string_view>

#include "api/app.h"
#include "api/context.h"
#include "api/transaction.h"
#include "data/query.h"
#include "http/request.h"

namespace tenon::api {

struct Target {
  Site site;
  std::shared_ptr<const data::Catalog> catalog;  // shared: keeps `entity` alive
  const data::EntityInfo* entity = nullptr;
};

enum class Want : std::uint8_t { list, manage };

/// Errors: not_found (`http.not_found`) for what is not installed or not enabled, denied
/// (`permission`) with the right that is missing.
[[nodiscard]] Result<Target> target_of(const App& app, const RequestContext& context,
                                       std::string_view plugin, std::string_view entity, Want want);
/// The same of `{plugin}` and `{entity}` in the path.
[[nodiscard]] Result<Target> target_of(const App& app, const RequestContext& context,
                                       const http::Request& request, Want want);
/// Errors: denied (`permission`).
[[nodiscard]] Result<> check_permission(const RequestContext& context,
                                        const std::string& permission);
/// `{id}` of the path. Errors: not_found (`data.not_found`).
[[nodiscard]] Result<RecordId> id_of(const http::Request& request);

/// The question in the query of the request, without the parameters that others read (`as_of`,
/// `columns`, `on_conflict`). Errors: those of data::parse_query.
[[nodiscard]] Result<data::Query> query_of(const Target& target, const http::Request& request);
/// The value of a parameter that stands at most once. Errors: invalid (`query.parameter`).
[[nodiscard]] Result<std::optional<std::string>> parameter_of(const http::Request& request,
                                                              std::string_view name);
/// Refuses parameters other than `known`. Errors: invalid (`query.parameter`).
[[nodiscard]] Result<> check_parameters(const http::Request& request,
                                        std::span<const std::string_view> known);

}  // namespace tenon::api
