#include "wasm/call.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "wasm/call_impl.h"

namespace tenon::wasm {
const Limits& CallState::limits() const noexcept { return impl_->limits; }
Bill CallState::bill() const noexcept { return impl_->bill_now(); }
Deadline CallState::deadline() const noexcept { return Deadline::at(impl_->wall_deadline); }

Call::Call(const Program& program, const Limits& limits, void* host)
    : impl_(std::make_unique<CallState::Impl>(program, limits, host)) {}
Call::~Call() = default;

std::optional<Result<Reply>> Call::start(Export function, Arguments arguments) {
  if (auto begun = impl_->begin(function.impl(), arguments); !begun)
    return std::unexpected(std::move(begun.error()));
  return impl_->advance();
}

Task<Reply> Call::finish() {
  CallState::Impl& self = *impl_;
  const auto state = co_await asio::this_coro::cancellation_state;
  for (;;) {
    // Once the caller was cancelled, awaiting anything throws.
    if (state.cancelled() != asio::cancellation_type::none)
      co_return std::unexpected(self.end(TrapCause::cancelled));
    if (self.pending) {
      auto work = std::move(*self.pending);
      self.pending.reset();
      if (!self.wait) {
        self.wait =
            std::make_shared<HostWait>(co_await asio::this_coro::executor, self.wall_deadline);
      }
      auto answer = co_await self.wait->run(std::move(work));
      if (!answer) co_return std::unexpected(self.end(TrapCause::wall_time));
      if (answer->form() == Reply::Form::trap) {
        const bool cancelled = answer->error().reason() == to_reason(TrapCause::cancelled);
        if (cancelled) co_return std::unexpected(self.end(TrapCause::cancelled));
        self.end_by_host(Error(answer->error()));
        co_return std::unexpected(self.end(TrapCause::host_error));
      }
      if (self.waiting_for->shape.dynamic() && !self.late_fits(*answer)) {
        self.end_by_host(Error(ErrorCode::internal, "a host function answered with another type")
                             .because("host.reply")
                             .in_context(self.waiting_for->name));
        co_return std::unexpected(self.end(TrapCause::host_error));
      }
      self.late = std::move(*answer);
    } else {
      // The guest has computed for a tick: others on this thread go first.
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
    if (auto done = self.advance()) {
      if (self.wait) self.wait->rest();
      co_return std::move(*done);
    }
  }
}

Task<Reply> Call::run(Export function, Arguments arguments) {
  if (auto done = start(function, arguments)) co_return std::move(*done);
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    co_return std::unexpected(impl_->end(TrapCause::cancelled));
  co_return co_await finish();
}

Bill Call::bill() const noexcept { return impl_->bill_now(); }
std::optional<TrapCause> Call::cause() const noexcept { return impl_->cause; }

}  // namespace tenon::wasm
