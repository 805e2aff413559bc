#include "modules/event_delivery.h"

#include <utility>

#include "async/timer.h"
#include "data/act.h"
#include "data/run_unit.h"

namespace tenon::modules::detail {
namespace {

/// A module's exception is a failed delivery; the process and the other modules go on.
template <class Handler>
Task<> guarded(Handler handler) {
  try {
    co_return co_await handler();
  } catch (const std::exception& exception) {
    co_return fail(Error(ErrorCode::internal, "the handler of this event has a bug")
                       .because("event.handler")
                       .in_context(exception.what()));
  }
}

/// Runs the handler in a transaction that also notes the event as handled.
Task<> in_transaction(std::shared_ptr<Receiver> receiver, DeliveryHandle delivery) {
  const data::Event& event = delivery->event;
  const auto module = receiver->consumer.substr(0, receiver->consumer.find('/'));
  for (int run = 1;; ++run) {
    data::UnitOfWork unit =
        delivery->tenant->unit({}, data::Origin{.plugin = module,
                                                .trace = {},
                                                .correlation = event.correlation,
                                                .causation = event.id,
                                                .hop = event.hop});
    TENON_CO_TRY(co_await unit.acquire(delivery->deadline));
    TENON_CO_ASSIGN(first, TENON_CO_ACT(unit, unit.first_delivery(receiver->consumer, event.id)));
    if (!first) {
      unit.rollback();
      co_return Result<>();
    }
    Result<> done = co_await with_deadline(
        guarded([&receiver, &delivery, &unit] { return receiver->in_transaction(delivery, unit); }),
        delivery->deadline);
    if (done) {
      done = co_await unit.commit();
      if (done) co_return done;
    } else {
      unit.rollback();
    }
    if (run == data::kMaxRuns || !data::wants_rerun(done.error())) co_return done;
  }
}

Task<> outside(std::shared_ptr<Receiver> receiver, DeliveryHandle delivery) {
  co_return co_await with_deadline(
      guarded([&receiver, &delivery] { return receiver->outside(delivery); }), delivery->deadline);
}

}  // namespace

Task<> hand_over(std::shared_ptr<Receiver> receiver, DeliveryHandle delivery) {
  if (!receiver->active) co_return Result<>();
  auto done = receiver->in_transaction ? co_await in_transaction(receiver, delivery)
                                       : co_await outside(receiver, delivery);
  if (done || done.error().reason() == "task.cancelled") co_return done;
  Error& error = done.error();
  co_return fail(Error(error.code(), receiver->consumer + ": " + error.message(), error.where())
                     .because(std::string(error.reason()))
                     .in_context(error.detail()));
}

}  // namespace tenon::modules::detail
