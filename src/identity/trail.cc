#include "identity/trail.h"

#include <utility>

namespace tenon::identity {
namespace {

constexpr std::chrono::seconds kWriteWithin{10};

}  // namespace

void Trail::start() {
  started_ = true;
  tasks_.spawn(write_all());
}

void Trail::push(Refusal refusal) {
  if (!waiting_.push(std::move(refusal))) ++dropped_;
}

Task<> Trail::write_all() {
  std::optional<Refusal> held;  // of another tenant than those before it
  for (;;) {
    if (!held) {
      auto next = co_await waiting_.pop(Deadline::never());
      if (!next) break;  // closed, and nothing is left
      held = *std::move(next);
    }
    std::vector<Refusal> together;
    while (held && (together.empty() || held->realm == together.front().realm) &&
           together.size() < kTogether) {
      together.push_back(*std::move(held));
      held = waiting_.try_pop();
    }
    // A tenant that takes no writes now (on the move, a full disk) keeps the others from nothing.
    (void)co_await write(std::move(together), dropped_.exchange(0));
  }
  written_.set();
  co_return Result<>();
}

Task<> Trail::write(std::vector<Refusal> refusals, std::uint64_t dropped) {
  auto realm = refusals.front().realm;
  co_return co_await change(
      tools_, std::move(realm), Actor{}, Deadline::after(kWriteWithin),
      [&refusals, dropped](Change& change) -> Result<> {
        for (const auto& one : refusals) {
          json::object told{{"name", one.name}, {"address", one.address}};
          if (one.trace) told["trace"] = one.trace->to_string();
          TENON_TRY(
              change.audit("session", one.user ? one.user->value : Uuid{}, one.what, {}, told));
        }
        if (dropped > 0)
          TENON_TRY(change.audit("session", Uuid{}, "refusals_dropped", {}, {{"count", dropped}}));
        return {};
      });
}

Task<> Trail::stop(Deadline deadline) {
  waiting_.close();
  if (std::exchange(started_, false)) (void)co_await written_.wait_uncancelled(deadline);
  co_return co_await tasks_.stop(deadline);
}

}  // namespace tenon::identity
