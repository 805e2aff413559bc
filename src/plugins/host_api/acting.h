#pragma once
// How host functions answer: a failure the guest may handle goes to the guest, one that takes away
// the ground it stands on (a limit, a lost transaction, a cancelled client) ends the call; work
// that needs the writer lease is done at once when the unit of work holds it and its database is a
// file, and while the guest is suspended otherwise.

#include <expected>
#include <string>
#include <utility>

#include "data/act.h"
#include "plugins/guest_context.h"

namespace tenon::plugins {

using GuestText = std::expected<std::string, wasm::Failure>;

/// A failure of the host as the guest sees it.
[[nodiscard]] wasm::Failure to_failure(const Error& error);
/// Whether `error` must end the call.
[[nodiscard]] bool ends_call(const Error& error) noexcept;
[[nodiscard]] Result<GuestText> to_answer(Result<std::string> result);
[[nodiscard]] contract::Answer<GuestText> refused(Error error);

/// Runs `act() -> Result<std::string>` under the lease, on whichever thread: it touches the unit
/// and the meter and nothing of the guest. `act` owns what it uses: the guest's memory
/// is not looked at after this returns.
template <class Act>
[[nodiscard]] contract::Answer<GuestText> acting(GuestContext& context, Act act) {
  if (context.work.acquired() && !context.work.waits()) {
    auto answer = to_answer(act());
    if (!answer) return std::unexpected(std::move(answer.error()));
    return *std::move(answer);
  }
  struct Later {
    static Task<GuestText> run(GuestContext* context, Act act) {
      auto taken = co_await context->work.acquire(context->origin.deadline);
      if (!taken) co_return to_answer(std::unexpected(std::move(taken.error())));
      co_return to_answer(TENON_CO_ACT(context->work, act()));
    }
  };
  return Later::run(&context, std::move(act));
}

}  // namespace tenon::plugins
