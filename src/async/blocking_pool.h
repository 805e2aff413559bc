#pragma once
// Disk, hashing and compression block. They run on a bounded pool, so that an I/O thread never
// waits.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "async/deadline.h"
#include "async/task.h"

namespace tenon {

/// A fixed number of threads behind a bounded queue.
/// Thread: any. Lifetime: stop() joins; it is idempotent and called by the destructor. Stop the
/// pool before the executors of its callers are destroyed.
class BlockingPool {
 public:
  struct Options {
    std::size_t threads = 2;
    std::size_t queue = 1024;       // jobs waiting; one more is `unavailable`
    std::string name = "blocking";  // thread name, at most 15 bytes
  };
  explicit BlockingPool(Options options);
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  ~BlockingPool();

  /// Runs `work` (returning Result<T>) on the pool and resumes the caller on its own executor.
  /// Errors: unavailable (`pool.full`) when the queue is full, unavailable (`pool.stopped`) after
  /// stop(); else whatever `work` returns. An exception of `work` is a bug and is rethrown in the
  /// caller. Cancel: never; a job that was taken runs to its end, so clean-up can rely on it.
  template <class Work, class R = std::invoke_result_t<Work&>>
  [[nodiscard]] asio::awaitable<R> run(Work work);

  /// Enqueues a job without waiting for it. Returns false when the queue is full or the pool
  /// stopped. An exception of `job` ends the process.
  [[nodiscard]] bool post(std::move_only_function<void()> job);

  /// Takes no more jobs, runs those that wait, joins the threads. Never called on a pool thread.
  void stop();

 private:
  /// Two steps, so that a caller is refused before it suspends: a reserved place is never refused.
  [[nodiscard]] Result<> reserve();
  void submit_reserved(std::move_only_function<void()> job);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon

#include "async/blocking_pool_run.h"
