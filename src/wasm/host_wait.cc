#include "wasm/host_wait.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "wasm/limits.h"

namespace tenon::wasm {
namespace {

using boost::system::system_error;

Reply host_failed(const std::exception& thrown) {
  return Reply::trap(Error(ErrorCode::internal, "a host function failed")
                         .because("host.exception")
                         .in_context(thrown.what()));
}

asio::awaitable<Reply> guarded(asio::awaitable<Reply> work) {
  try {
    co_return co_await std::move(work);
  } catch (const system_error& thrown) {
    if (thrown.code() == asio::error::operation_aborted)
      co_return Reply::trap(to_error(TrapCause::cancelled, {}));
    co_return host_failed(thrown);
  } catch (const std::exception& thrown) {
    co_return host_failed(thrown);
  }
}

/// Who waits for the work. Owned by the work's completion alone: when an event loop is torn down,
/// the work goes, then this, then the coroutine that waits.
struct Waiter {
  std::optional<Reply>* answer;
  std::move_only_function<void()> resume;
};

}  // namespace

void HostWait::arm() {
  if (std::exchange(armed_, true)) return;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return;
    self->passed_ = true;
    self->stop_.emit(asio::cancellation_type::terminal);
  });
}

asio::awaitable<std::optional<Reply>> HostWait::run(asio::awaitable<Reply> work) {
  std::optional<Reply> answer;
  auto owned = std::make_unique<Waiter>(&answer);
  Waiter* const waiter = owned.get();
  asio::co_spawn(timer_.get_executor(), guarded(std::move(work)),
                 asio::bind_cancellation_slot(
                     stop_.slot(), [self = shared_from_this(), owned = std::move(owned)](
                                       const std::exception_ptr& thrown, Reply reply) mutable {
                       if (thrown) std::rethrow_exception(thrown);
                       *owned->answer = std::move(reply);
                       if (owned->resume) std::exchange(owned->resume, nullptr)();
                     }));
  if (!answer) {
    arm();
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        [self = shared_from_this(), waiter](auto handler) {
          auto slot = asio::get_associated_cancellation_slot(handler);
          if (slot.is_connected()) {
            slot.assign([self](asio::cancellation_type) {
              self->stop_.emit(asio::cancellation_type::terminal);
            });
          }
          waiter->resume = [slot, handler = std::move(handler)]() mutable {
            if (slot.is_connected()) slot.clear();
            std::move(handler)();
          };
        },
        asio::use_awaitable);
  }
  if (passed_) co_return std::nullopt;
  co_return std::move(answer);
}

}  // namespace tenon::wasm
