#pragma once
// For tests: an executor with one thread, and a way to wait for a task from plain code.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "async/task.h"

namespace tenon::testing {

/// Runs `task` on `context` until it ends; everything else on the context runs meanwhile. An
/// exception of the task is rethrown here. Requires: nobody else runs the context.
template <class R>
R run(asio::io_context& context, asio::awaitable<R> task) {
  std::optional<R> result;
  std::exception_ptr bug;
  asio::co_spawn(
      context,
      [](asio::awaitable<R> inner, std::optional<R>& out) -> asio::awaitable<void> {
        out.emplace(co_await std::move(inner));
      }(std::move(task), result),
      [&](std::exception_ptr error) {
        bug = std::move(error);
        context.stop();
      });
  context.restart();
  context.run();
  if (bug) std::rethrow_exception(bug);
  return std::move(*result);
}

/// The same on a context that lives as long as the calling thread: a pool of the test may still be
/// inside its last post when the task has ended.
template <class R>
R run(asio::awaitable<R> task) {
  static thread_local asio::io_context context(1);
  return run(context, std::move(task));
}

/// An io_context with a thread of its own that runs until join() or destruction.
/// Requires: by then no coroutine is suspended on it, and nobody posts to it any more; of several
/// that talk to each other, join all before the first is destroyed.
class ContextThread {
 public:
  ContextThread() : work_(asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}
  ContextThread(const ContextThread&) = delete;
  ContextThread& operator=(const ContextThread&) = delete;
  ~ContextThread() { join(); }
  void join() {
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] Executor executor() { return context_.get_executor(); }
  [[nodiscard]] std::thread::id thread() const { return thread_.get_id(); }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace tenon::testing
