#pragma once
// A few places are no coroutines: a command, the start and stop of the server, opening a file. They
// run one task to its end on their own thread.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "async/task.h"

namespace tenon {

/// Drives `task` on a loop of the calling thread and gives its result; an exception that leaves it
/// is thrown on. Blocks: never call it on an I/O or guest thread. Requires: R is
/// default-constructible.
template <class R>
[[nodiscard]] R wait_for(asio::awaitable<R> task) {
  asio::io_context loop(1);
  std::optional<R> outcome;
  asio::co_spawn(loop, std::move(task), [&outcome](const std::exception_ptr& bug, R result) {
    if (bug) std::rethrow_exception(bug);
    outcome.emplace(std::move(result));
  });
  loop.run();
  TENON_ASSERT(outcome.has_value());
  return *std::move(outcome);
}

}  // namespace tenon
