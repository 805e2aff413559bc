#include "api/target.h"

#include <algorithm>
#include <array>

#include "http/query.h"

namespace tenon::api {
namespace {

constexpr std::array<std::string_view, 3> kOfOthers = {"as_of", "columns", "on_conflict"};

std::unexpected<Error> wrong(std::string_view name, std::string code, const std::string& message) {
  const auto shown = std::string(name.substr(0, 64));
  return fail(Error(ErrorCode::invalid, "The parameter \"" + shown + "\" is wrong: " + message)
                  .because("query.parameter")
                  .with_field({"/query/" + shown, std::move(code), message}));
}

}  // namespace

Result<> check_permission(const RequestContext& context, const std::string& permission) {
  if (context.principal->has(permission)) return {};
  return fail(Error(ErrorCode::denied, "this needs the right " + permission).because("permission"));
}

Result<Target> target_of(const App& app, const RequestContext& context, std::string_view plugin,
                         std::string_view entity, Want want) {
  TENON_ASSIGN(site, site_of(app, context));
  auto catalog = site.workspace->tenant()->catalog();
  const data::EntityInfo* found =
      site.origin.installations->contains(plugin) ? catalog->find(plugin, entity) : nullptr;
  if (found == nullptr)
    return fail(Error(ErrorCode::not_found, "there is no \"" + std::string(plugin.substr(0, 64)) +
                                                "/" + std::string(entity.substr(0, 64)) + "\"")
                    .because("http.not_found"));
  TENON_TRY(
      check_permission(context, found->full_name() + (want == Want::list ? ".list" : ".manage")));
  return Target{.site = std::move(site), .catalog = std::move(catalog), .entity = found};
}

Result<Target> target_of(const App& app, const RequestContext& context,
                         const http::Request& request, Want want) {
  return target_of(app, context, request.parameter("plugin"), request.parameter("entity"), want);
}

Result<RecordId> id_of(const http::Request& request) {
  const auto id = RecordId::parse(request.parameter("id"));
  if (!id)
    return fail(Error(ErrorCode::not_found, "there is no such record").because("data.not_found"));
  return *id;
}

Result<data::Query> query_of(const Target& target, const http::Request& request) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  data::Parameters parameters;
  parameters.reserve(pairs.size());
  for (auto& pair : pairs)
    if (std::ranges::find(kOfOthers, pair.name) == kOfOthers.end())
      parameters.emplace_back(std::move(pair.name), std::move(pair.value));
  return data::parse_query(*target.entity, parameters, target.site.viewer, target.catalog);
}

Result<std::optional<std::string>> parameter_of(const http::Request& request,
                                                std::string_view name) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  std::optional<std::string> found;
  for (auto& pair : pairs) {
    if (pair.name != name) continue;
    if (found) return wrong(name, "syntax", "This parameter is given twice.");
    found = std::move(pair.value);
  }
  return found;
}

Result<> check_parameters(const http::Request& request, std::span<const std::string_view> known) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  for (const auto& pair : pairs)
    if (std::ranges::find(known, pair.name) == known.end())
      return wrong(pair.name, "unknown", "There is no such parameter here.");
  return {};
}

}  // namespace tenon::api
