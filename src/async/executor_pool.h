#pragma once
// Work that must stay on one thread (a guest's call, a connection) needs an executor per thread,
// not a shared queue. A pool of threads with an io_context each gives it one.

#include <cstddef>
#include <memory>
#include <string>

#include "async/task.h"

namespace tenon {

/// Thread: any. Lifetime: the destructor stops; what runs on the executors must have ended before
/// (stop their TaskGroups first), what is still queued is destroyed unrun.
class ExecutorPool {
 public:
  /// `name` is the threads' name, at most 15 bytes. Requires: threads ≥ 1.
  ExecutorPool(std::size_t threads, const std::string& name);
  ExecutorPool(const ExecutorPool&) = delete;
  ExecutorPool& operator=(const ExecutorPool&) = delete;
  ~ExecutorPool();

  /// The executors in turn.
  [[nodiscard]] Executor next() noexcept;
  [[nodiscard]] Executor at(std::size_t index) const;
  [[nodiscard]] std::size_t size() const noexcept;

  /// Joins the threads. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon
