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
/// Thread: any. Lifetime: stop() joins; it is idempotent and called by the destructor.
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
  /// stop(); else whatever `work` returns. Cancel: a job that has started always runs to its end.
  template <class Work, class R = std::invoke_result_t<Work&>>
  [[nodiscard]] asio::awaitable<R> run(Work work);

  /// Enqueues a job without waiting for it. Returns false when the queue is full or the pool
  /// stopped.
  [[nodiscard]] bool post(std::move_only_function<void()> job);

  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon

#include "async/blocking_pool_run.h"
