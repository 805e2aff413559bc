#include "plugins/deliverer.h"

#include <chrono>
#include <utility>

#include "base/json.h"
#include "data/act.h"
#include "data/run_unit.h"

namespace tenon::plugins {
namespace {

// Fewer than a plugin's permits, so that people are not kept waiting behind events.
constexpr std::size_t kBatch = 8;
constexpr std::chrono::milliseconds kLook{500};
constexpr std::chrono::seconds kHandlerTime{60};

/// Handlers act for the system: what they may touch is bounded by their grants alone.
std::shared_ptr<const identity::Principal> system_principal(const std::string& tenant) {
  return std::make_shared<const identity::Principal>(identity::Principal{.tenant = tenant,
                                                                         .user = {},
                                                                         .name = "system",
                                                                         .locale = "zh-CN",
                                                                         .administrator = true,
                                                                         .permissions = {}});
}

std::string event_json(const data::Event& event) {
  json::object object{{"id", event.id.to_string()}, {"type", event.type}, {"hop", event.hop}};
  const auto slash = event.aggregate.find('/');
  object["entity"] = std::string_view(event.aggregate).substr(0, slash);
  object["record_id"] =
      slash == std::string::npos ? std::string() : event.aggregate.substr(slash + 1);
  auto payload = json::parse(event.payload);
  object["payload"] = payload ? std::move(*payload) : json::value(nullptr);
  return json::serialize(object);
}

}  // namespace

Deliverer::Deliverer(Host& host, std::shared_ptr<Workspace> workspace)
    : host_(host),
      workspace_(std::move(workspace)),
      worker_(host.executor(), workspace_->tenant()->outbox(), host.clock(),
              [this](data::Event event) { return deliver(std::move(event)); },
              {.batch = kBatch, .look = kLook}) {}

void Deliverer::start() { worker_.start(); }
void Deliverer::wake() { worker_.wake(); }
Task<> Deliverer::stop(Deadline deadline) { return worker_.stop(deadline); }

Task<> Deliverer::deliver(data::Event event) {
  const auto installations = workspace_->installations();
  for (const auto& [id, installation] : *installations)
    if (installation.plugin->handles_events() &&
        installation.plugin->manifest.subscribes_to(event.type))
      TENON_CO_TRY(co_await deliver_to(installation, installations, event));
  co_return Result<>();
}

Task<> Deliverer::deliver_to(const Installation& installation,
                             std::shared_ptr<const Installations> all, const data::Event& event) {
  const Plugin& plugin = *installation.plugin;
  const Deadline deadline = Deadline::after(kHandlerTime);
  for (int run = 1;; ++run) {
    data::UnitOfWork work =
        workspace_->tenant()->unit(data::Viewer{}, data::Origin{.plugin = plugin.id(),
                                                                .trace = {},
                                                                .correlation = event.correlation,
                                                                .causation = event.id,
                                                                .hop = event.hop + 1});
    TENON_CO_TRY(co_await work.acquire(deadline));
    TENON_CO_ASSIGN(first, TENON_CO_ACT(work, work.first_delivery(plugin.id(), event.id)));
    if (!first) {
      work.rollback();
      co_return Result<>();
    }
    CallOrigin origin{.workspace = workspace_,
                      .installations = all,
                      .principal = system_principal(workspace_->tenant()->name()),
                      .trace = event.correlation.to_string(),
                      .deadline = deadline};
    auto outcome = co_await host_.handle_event(CallArguments{.installation = installation,
                                                             .work = work,
                                                             .origin = std::move(origin),
                                                             .limits = Limits::background()},
                                               event.type, event.payload, event_json(event));
    Result<> done;
    if (outcome.result) {
      done = co_await work.commit();
      if (done) co_return done;
    } else {
      work.rollback();
      done = std::unexpected(std::move(outcome.result.error()));
    }
    if (run == data::kMaxRuns || !data::wants_rerun(done.error())) co_return done;
  }
}

}  // namespace tenon::plugins
