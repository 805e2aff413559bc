// The word that says how to misbehave: the `name` of a thing in the hook, the `mode` of an action's
// input, the last segment of a route, and for the event `trapping.thing.created` the part of the
// name behind `event-`.

#include "misbehave.h"
#include "tenon/plugin/data.h"
#include "tenon/plugin/exports.h"

namespace tenon::plugin {

namespace {

Result<Json> before_save_thing(Change change) {
  return trapping::misbehave(change.after["name"].text(), change.after);
}

Result<Json> run_mode(const Json& input) {
  return trapping::misbehave(input["mode"].text(), Json::object());
}

Result<> on_thing_created(const Event& event) {
  constexpr std::string_view kPrefix = "event-";
  TENON_ASSIGN(const Json thing, data::get("thing", event.record_id()));
  const std::string_view name = thing["name"].text();
  if (name.starts_with(kPrefix))
    TENON_TRY(trapping::misbehave(name.substr(kPrefix.size()), Json::object()));
  return {};
}

Result<Response> run_route(const Request& request) {
  TENON_ASSIGN(Json body, trapping::misbehave(request.parameter("mode"), Json::object()));
  return Response{200, std::move(body)};
}

}  // namespace

Result<Json> init() { return Json::object(); }

std::span<const SaveHook> hooks() {
  static constexpr SaveHook kHooks[] = {{"thing", before_save_thing}};
  return kHooks;
}

std::span<const Action> actions() {
  static constexpr Action kActions[] = {{"misbehave", run_mode}};
  return kActions;
}

std::span<const EventHandler> event_handlers() {
  static constexpr EventHandler kHandlers[] = {{"trapping.thing.created", on_thing_created}};
  return kHandlers;
}

std::span<const Route> routes() {
  static constexpr Route kRoutes[] = {{"GET", "/run/{mode}", run_route}};
  return kRoutes;
}

}  // namespace tenon::plugin
