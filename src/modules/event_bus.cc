#include "modules/event_bus.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "async/event.h"
#include "data/outbox_worker.h"
#include "data/tenant.h"
#include "modules/event_delivery.h"

namespace tenon::modules {
namespace {

// Fewer than a plugin's permits, so that people are not kept waiting behind events.
constexpr std::size_t kBatch = 8;
constexpr std::chrono::milliseconds kLook{500};
constexpr std::chrono::seconds kHandlerTime{60};

}  // namespace

struct Subscription::Subscriber : detail::Receiver {
  SubscriptionId id = 0;
  std::string tenant;  // empty: all
  std::vector<EventPattern> patterns;
  Event gone;  // set when the last delivery lets go
  Subscriber() = default;
  ~Subscriber() { gone.set(); }

  [[nodiscard]] bool wants(std::string_view type) const noexcept {
    return std::ranges::any_of(patterns, [&](const auto& one) { return one.matches(type); });
  }
};

struct Subscription::Bus {
  using Subscribers = std::vector<std::shared_ptr<Subscriber>>;  // shared with deliveries

  std::mutex mutex;
  std::map<std::string, Subscribers, std::less<>> by_tenant;  // "" is for all
  std::map<SubscriptionId, std::string> places;
  SubscriptionId last = 0;

  /// Takes a subscriber out; empty when it is gone already.
  std::shared_ptr<Subscriber> take(SubscriptionId id) {
    const std::lock_guard lock(mutex);
    const auto place = places.find(id);
    if (place == places.end()) return nullptr;
    auto& list = by_tenant[place->second];
    const auto found = std::ranges::find(list, id, [](const auto& one) { return one->id; });
    auto taken = std::move(*found);
    list.erase(found);
    if (list.empty()) by_tenant.erase(place->second);
    places.erase(place);
    taken->active = false;
    return taken;
  }

  std::vector<std::shared_ptr<detail::Receiver>> wanting(std::string_view tenant,
                                                         std::string_view type) {
    std::vector<std::shared_ptr<detail::Receiver>> found;
    const std::lock_guard lock(mutex);
    for (const auto name : {std::string_view(), tenant}) {
      const auto list = by_tenant.find(name);
      if (list == by_tenant.end()) continue;
      for (const auto& one : list->second)
        if (one->wants(type)) found.push_back(one);
    }
    return found;
  }

  /// One tenant's outbox at work.
  struct Courier {
    std::shared_ptr<data::Tenant> tenant;  // outlives the worker
    data::OutboxWorker worker;
    Courier(std::shared_ptr<data::Tenant> of, Executor executor, const Clock& clock,
            data::OutboxWorker::Handler handler)
        : tenant(std::move(of)),
          worker(std::move(executor), tenant->outbox(), clock, std::move(handler),
                 {.batch = kBatch, .look = kLook}) {}
  };
  const Clock* clock = nullptr;
  std::function<void(std::string_view, const data::Event&, const Error&)> failed;
  std::mutex couriers_mutex;
  std::map<std::string, std::shared_ptr<Courier>, std::less<>> couriers;  // shared while stopping
};

Subscription::Subscription(Subscription&& other) noexcept
    : bus_(std::move(other.bus_)), id_(std::exchange(other.id_, 0)) {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this == &other) return *this;
  if (id_ != 0) (void)bus_->take(id_);
  bus_ = std::move(other.bus_);
  id_ = std::exchange(other.id_, 0);
  return *this;
}

Subscription::~Subscription() {
  if (id_ != 0) (void)bus_->take(id_);
}

Task<> Subscription::close(Deadline deadline) {
  if (id_ == 0) co_return Result<>();
  auto taken = bus_->take(std::exchange(id_, 0));
  if (!taken) co_return Result<>();
  const Event gone = taken->gone;
  taken.reset();
  co_return co_await gone.wait_uncancelled(deadline);
}

EventBus::EventBus(const Clock& clock, Failed failed)
    : bus_(std::make_shared<Subscription::Bus>()) {
  bus_->clock = &clock;
  bus_->failed = std::move(failed);
}
EventBus::~EventBus() = default;

Result<Subscription> EventBus::subscribe_filtered(std::string consumer, Wanted wanted,
                                                  InTransaction handler) {
  auto subscriber = std::make_shared<Subscription::Subscriber>();
  subscriber->consumer = std::move(consumer);
  subscriber->in_transaction = std::move(handler);
  return add(std::move(subscriber), std::move(wanted));
}

Result<Subscription> EventBus::subscribe_outside(std::string consumer, Wanted wanted,
                                                 Outside handler) {
  auto subscriber = std::make_shared<Subscription::Subscriber>();
  subscriber->consumer = std::move(consumer);
  subscriber->outside = std::move(handler);
  return add(std::move(subscriber), std::move(wanted));
}

Result<Subscription> EventBus::add(std::shared_ptr<Subscription::Subscriber> subscriber,
                                   Wanted wanted) {
  TENON_ASSERT(!subscriber->consumer.empty());
  for (const auto& text : wanted.patterns) {
    TENON_ASSIGN(pattern, EventPattern::parse(text));
    subscriber->patterns.push_back(std::move(pattern));
  }
  const std::lock_guard lock(bus_->mutex);
  const auto id = ++bus_->last;
  subscriber->id = id;
  bus_->places.emplace(id, wanted.tenant);
  bus_->by_tenant[wanted.tenant].push_back(std::move(subscriber));
  return Subscription(bus_, id);
}

void EventBus::unsubscribe(SubscriptionId id) { (void)bus_->take(id); }

Task<> EventBus::refuse(Error error) { co_return std::unexpected(std::move(error)); }

Task<> EventBus::deliver(std::shared_ptr<data::Tenant> tenant, data::Event event,
                         Deadline deadline) {
  const auto receivers = bus_->wanting(tenant->name(), event.type);
  const auto delivery = std::make_shared<const Delivery>(
      Delivery{.tenant = std::move(tenant), .event = std::move(event), .deadline = deadline});
  Result<> first;
  for (const auto& receiver : receivers) {
    auto done = co_await detail::hand_over(receiver, delivery);
    if (done) continue;
    // This process is stopping; who comes next time has not been tried.
    if (done.error().reason() == "task.cancelled") co_return done;
    if (bus_->failed) bus_->failed(delivery->tenant->name(), delivery->event, done.error());
    if (first) first = std::move(done);
  }
  co_return first;
}

void EventBus::open(std::shared_ptr<data::Tenant> tenant, Executor executor) {
  auto handler = [this, tenant](data::Event event) {
    return deliver(tenant, std::move(event), Deadline::after(kHandlerTime));
  };
  auto courier = std::make_shared<Subscription::Bus::Courier>(tenant, std::move(executor),
                                                              *bus_->clock, std::move(handler));
  courier->worker.start();
  const std::lock_guard lock(bus_->couriers_mutex);
  bus_->couriers.insert_or_assign(tenant->name(), std::move(courier));
}

Task<> EventBus::close(std::string tenant, Deadline deadline) {
  std::shared_ptr<Subscription::Bus::Courier> courier;
  {
    const std::lock_guard lock(bus_->couriers_mutex);
    auto node = bus_->couriers.extract(tenant);
    if (node.empty()) co_return Result<>();
    courier = std::move(node.mapped());
  }
  co_return co_await courier->worker.stop(deadline);
}

void EventBus::committed(std::string_view tenant) {
  const std::lock_guard lock(bus_->couriers_mutex);
  if (const auto found = bus_->couriers.find(tenant); found != bus_->couriers.end())
    found->second->worker.wake();
}

Task<> EventBus::stop(Deadline deadline) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(bus_->couriers_mutex);
    for (const auto& [name, courier] : bus_->couriers) names.push_back(name);
  }
  Result<> stopped;
  for (auto& name : names) {
    auto ended = co_await close(std::move(name), deadline);
    if (!ended) stopped = std::move(ended);
  }
  co_return stopped;
}

}  // namespace tenon::modules
