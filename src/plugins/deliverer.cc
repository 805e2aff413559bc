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
constexpr std::chrono::seconds kSettleTime{10};

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
      executor_(host.executor()),
      tasks_(executor_) {}

void Deliverer::start() { tasks_.spawn(run()); }

void Deliverer::wake() { (void)signal_.push(0); }  // full: it will look anyway

Task<> Deliverer::stop(Deadline deadline) {
  signal_.close();
  co_return co_await tasks_.stop(deadline);
}

asio::awaitable<void> Deliverer::run() {
  for (;;) {
    while (co_await deliver_batch()) {
    }
    const auto woken = co_await signal_.pop(Deadline::after(kLook));
    if (!woken && woken.error().reason() != "mailbox.deadline") co_return;
  }
}

asio::awaitable<bool> Deliverer::deliver_batch() {
  auto& tenant = *workspace_->tenant();
  auto& outbox = tenant.outbox();
  auto events = TENON_CO_ACT(tenant, outbox.claim(kBatch, host_.clock().now()));
  if (!events || events->empty()) co_return false;
  // One event of each aggregate is out, so they may run side by side and share the cost of a
  // commit.
  const auto batch =
      std::make_shared<Batch>(Batch{.left = events->size(), .settled = {}, .delivered = {}});
  for (data::Event& event : *events) tasks_.spawn(settle(batch, std::move(event)));
  if (!co_await batch->settled.wait(Deadline::never())) co_return false;  // stopping
  // What is not acknowledged is delivered again, and first_delivery() makes that harmless.
  if (!batch->delivered.empty())
    (void)TENON_CO_ACT_TASK(tenant, outbox.ack(batch->delivered, Deadline::after(kSettleTime)));
  co_return true;
}

asio::awaitable<void> Deliverer::settle(std::shared_ptr<Batch> batch, data::Event event) {
  auto done = co_await deliver(event);
  if (done) {
    batch->delivered.push_back(event.sequence);
  } else {
    auto& tenant = *workspace_->tenant();
    (void)TENON_CO_ACT_TASK(
        tenant, tenant.outbox().fail(event.sequence, done.error().for_log(), host_.clock().now(),
                                     Deadline::after(kSettleTime)));
  }
  if (--batch->left == 0) batch->settled.set();
}

Task<> Deliverer::deliver(const data::Event& event) {
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
