#pragma once
// Modules hear of what others did without knowing them: they subscribe to patterns of event types
// and are called after the commit that caused the event. Everything goes through the tenant's
// outbox (data/outbox.h), so an event is delivered at least once, in order per record, and survives
// a crash; one that cannot be delivered becomes a dead letter that can be replayed.
//
// A subscriber is called inside a transaction of its own in which the event is noted as handled, so
// that its effects happen once; what it publishes there carries the event as its cause and one hop
// more, and a chain ends after data::kMaxHops. A subscriber whose effects lie elsewhere (a mail, a
// webhook) is called outside any transaction, and sees to repetitions itself.
//
// One subscriber's failure keeps nobody else from the event: all are called, then the event is
// tried again later for those that failed.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadline.h"
#include "async/task.h"
#include "data/outbox.h"
#include "data/unit_of_work.h"
#include "modules/event_pattern.h"

namespace tenon::modules {

/// One event on its way to one tenant's subscribers.
struct Delivery {
  std::shared_ptr<data::Tenant> tenant;  // shared by whoever works for it
  data::Event event;
  Deadline deadline = Deadline::never();
};
using DeliveryHandle = std::shared_ptr<const Delivery>;  // shared by the subscribers of one event

/// Which events: those of any of the patterns, of one tenant or (empty) of all.
struct Wanted {
  std::vector<std::string> patterns;
  std::string tenant = {};
};

using SubscriptionId = std::uint64_t;

/// Ends with this object: then no further delivery begins. Movable. Thread: one at a time.
/// Lifetime: may outlive the bus.
class Subscription {
 public:
  Subscription() = default;
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription();

  /// 0 when there is none any more.
  [[nodiscard]] SubscriptionId id() const noexcept { return id_; }
  /// Ends it and waits for deliveries under way: afterwards nothing of the handler runs. Not for
  /// the handler itself. Errors: cancelled (`event.deadline`). Idempotent.
  [[nodiscard]] Task<> close(Deadline deadline);

 private:
  friend class EventBus;
  struct Bus;
  struct Subscriber;
  Subscription(std::shared_ptr<Bus> bus, SubscriptionId id) : bus_(std::move(bus)), id_(id) {}
  std::shared_ptr<Bus> bus_;  // shared with the bus and its other subscriptions
  SubscriptionId id_ = 0;
};

/// Thread: any; open, close and stop from one owner.
class EventBus {
 public:
  /// Both own what they capture, or outlive the subscription's close().
  using InTransaction = std::function<Task<>(DeliveryHandle, data::UnitOfWork&)>;
  using Outside = std::function<Task<>(DeliveryHandle)>;

  /// For the operator: a delivery did not succeed; it is tried again. Thread: any.
  using Failed = std::function<void(std::string_view tenant, const data::Event&, const Error&)>;
  /// Lifetime: the clock outlives it.
  explicit EventBus(const Clock& clock, Failed failed = {});
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;
  ~EventBus();

  /// `consumer` says who remembers to have handled an event: the module's id, with `/name` behind
  /// it where one module has several subscriptions. Errors: invalid (`event.pattern`).
  [[nodiscard]] Result<Subscription> subscribe_filtered(std::string consumer, Wanted wanted,
                                                        InTransaction handler);
  [[nodiscard]] Result<Subscription> subscribe_outside(std::string consumer, Wanted wanted,
                                                       Outside handler);
  /// The same with the event decoded first, by `static Result<T> T::decode(const data::Event&)`;
  /// `handler(T, DeliveryHandle, UnitOfWork&) -> Task<>`.
  template <class T, class Handler>
  [[nodiscard]] Result<Subscription> subscribe_typed(std::string consumer, Wanted wanted,
                                                     Handler handler) {
    return subscribe_filtered(
        std::move(consumer), std::move(wanted),
        [handler = std::move(handler)](DeliveryHandle delivery, data::UnitOfWork& unit) -> Task<> {
          auto decoded = T::decode(delivery->event);
          if (!decoded) return refuse(std::move(decoded.error()));
          return handler(*std::move(decoded), std::move(delivery), unit);
        });
  }
  /// No further delivery begins. One that is under way goes on: Subscription::close() waits for it.
  void unsubscribe(SubscriptionId id);

  /// Calls everybody who wants `event`. Errors: that of the first who failed, with its name.
  [[nodiscard]] Task<> deliver(std::shared_ptr<data::Tenant> tenant, data::Event event,
                               Deadline deadline);

  /// Begins to deliver what is in the tenant's outbox, on `executor`.
  void open(std::shared_ptr<data::Tenant> tenant, Executor executor);
  /// Ends that after the deliveries under way. Idempotent.
  [[nodiscard]] Task<> close(std::string tenant, Deadline deadline);
  /// Something was committed for this tenant: look now. A hint only.
  void committed(std::string_view tenant);
  /// close() of all. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  [[nodiscard]] static Task<> refuse(Error error);
  [[nodiscard]] Result<Subscription> add(std::shared_ptr<Subscription::Subscriber> subscriber,
                                         Wanted wanted);
  std::shared_ptr<Subscription::Bus> bus_;  // shared with the subscriptions
};

}  // namespace tenon::modules
