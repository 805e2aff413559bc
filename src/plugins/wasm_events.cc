#include "plugins/wasm_events.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "plugins/alone.h"

namespace tenon::plugins {
namespace {

bool may_read(const Manifest& manifest, std::string_view entity) {
  if (entity.substr(0, entity.find('.')) == manifest.metadata.id) return true;
  const auto granted = [&](const std::vector<std::string>& list) {
    return std::ranges::find(list, entity) != list.end();
  };
  return granted(manifest.capabilities.read) || granted(manifest.capabilities.write);
}

json::value payload_of(const Manifest& manifest, const data::Event& event,
                       std::string_view entity) {
  auto payload = json::parse(event.payload);
  if (!payload) return nullptr;
  if (payload->is_object() && payload->get_object().contains("record") &&
      !may_read(manifest, entity))
    payload->get_object()["record"] = nullptr;
  return *std::move(payload);
}

}  // namespace

std::string event_json(const Manifest& manifest, const data::Event& event) {
  const auto slash = event.aggregate.find('/');
  const auto entity = event.aggregate.substr(0, slash);
  return json::serialize(json::object{
      {"id", event.id.to_string()},
      {"type", event.type},
      {"hop", event.hop},
      {"entity", entity},
      {"record_id", slash == std::string::npos ? std::string() : event.aggregate.substr(slash + 1)},
      {"payload", payload_of(manifest, event, entity)}});
}

Task<> handle_delivery(Host* host, std::shared_ptr<Workspace> workspace, PluginHandle plugin,
                       modules::DeliveryHandle delivery, data::UnitOfWork* unit) {
  const auto& event = delivery->event;
  // The version that subscribed, also while a newer one takes its place.
  const auto installations = workspace->with(plugin);
  const auto& manifest = plugin->manifest;
  const auto entity = event.aggregate.substr(0, event.aggregate.find('/'));
  CallOrigin origin{.workspace = workspace,
                    .installations = installations,
                    .principal = system_principal(workspace->tenant()->name()),
                    .trace = event.correlation.to_string(),
                    .deadline = delivery->deadline};
  auto outcome =
      co_await host->handle_event(CallArguments{.installation = installations->at(plugin->id()),
                                                .work = *unit,
                                                .origin = std::move(origin),
                                                .limits = Limits::background()},
                                  event.type, json::serialize(payload_of(manifest, event, entity)),
                                  event_json(manifest, event));
  if (!outcome.result) co_return std::unexpected(std::move(outcome.result.error()));
  co_return Result<>();
}

}  // namespace tenon::plugins
