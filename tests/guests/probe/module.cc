// Each method leaves a note: `created`, `deleted`, `heard ground.stone.created`.

#include "tenon/plugin/data.h"
#include "tenon/plugin/exports.h"
#include "tenon/plugin/host.h"

namespace tenon::plugin {

namespace {

Result<> note(std::string_view text) {
  TENON_TRY(data::insert("note", Json::object({{"text", text}})));
  return {};
}

Result<> on_stone(const Event& event) { return note("heard " + std::string(event.type())); }

// A chain that feeds itself: the host ends it.
Result<> on_loop(const Event&) {
  TENON_TRY(events::publish("chain.loop", Json::object()));
  return {};
}

Result<Json> echo(const Json& input) {
  if (input["loop"].is_true()) TENON_TRY(events::publish("chain.loop", Json::object()));
  if (input["refuse"].is_true())
    return std::unexpected(Error{ErrorCode::conflict, "refused as asked", {}});
  return input;
}

/// Works for a while before it writes, so that a test can end the process in between.
Result<Json> slow(const Json& input) {
  volatile std::uint32_t turns = 0;
  while (turns < 60'000'000) turns = turns + 1;
  TENON_TRY(note("slow"));
  return input;
}

Result<Json> leave_note(const Json& input) {
  TENON_TRY(note("by a job"));
  return input;
}

Result<Response> hello(const Request&) { return Response{200, Json::object({{"hello", "probe"}})}; }

Result<Response> read_note(const Request& request) {
  TENON_ASSIGN(const std::int64_t count,
               data::count("note", "text=eq." + std::string(request.parameter("text"))));
  return Response{200, Json::object({{"count", Json::integer(count)}})};
}

Result<Response> write_note(const Request& request) {
  TENON_TRY(note(request.parameter("text")));
  return Response{201, Json::object()};
}

}  // namespace

Result<Json> init() { return Json::object(); }

Result<> tenant_created() { return note("created"); }
Result<> tenant_deleted() { return note("deleted"); }

Result<Json> health() {
  TENON_ASSIGN(const std::int64_t notes, data::count("note", ""));
  TENON_ASSIGN(const std::int64_t ill, data::count("note", "text=eq.ill"));
  if (ill > 0) return fail(ErrorCode::unavailable, "there is a note that says so");
  TENON_TRY(note("of the health check, undone"));
  return Json::object({{"notes", Json::integer(notes)}});
}

std::span<const Action> actions() {
  static constexpr Action kActions[] = {{"echo", echo}, {"leave_note", leave_note}, {"slow", slow}};
  return kActions;
}

std::span<const EventHandler> event_handlers() {
  static constexpr EventHandler kHandlers[] = {{"ground.stone.*", on_stone},
                                               {"probe.chain.*", on_loop}};
  return kHandlers;
}

std::span<const Route> routes() {
  static constexpr Route kRoutes[] = {{"GET", "/hello", hello},
                                      {"GET", "/notes/{text}", read_note},
                                      {"POST", "/notes/{text}", write_note}};
  return kRoutes;
}

}  // namespace tenon::plugin
