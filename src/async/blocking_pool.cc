#include "async/blocking_pool.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tenon {

struct BlockingPool::Impl {
  explicit Impl(Options settings) : options(std::move(settings)) {}

  Options options;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::move_only_function<void()>> jobs;
  std::size_t reserved = 0;  // places given out whose job is not in `jobs` yet
  bool stopped = false;
  std::mutex joining;  // a second stop() waits for the first
  std::vector<std::thread> threads;

  void work() {
    pthread_setname_np(pthread_self(), options.name.substr(0, 15).c_str());
    for (std::unique_lock lock(mutex);;) {
      changed.wait(lock, [this] { return !jobs.empty() || (stopped && reserved == 0); });
      if (jobs.empty()) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      run(job);
      job = nullptr;
      lock.lock();
    }
  }

  static void run(std::move_only_function<void()>& job) noexcept {
    try {
      job();
    } catch (const std::exception& bug) {
      TENON_FATAL(bug.what());
    } catch (...) {
      TENON_FATAL("an unknown exception left a blocking job");
    }
  }
};

BlockingPool::BlockingPool(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  TENON_ASSERT(impl_->options.threads > 0);
  for (std::size_t i = 0; i < impl_->options.threads; ++i)
    impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
}

BlockingPool::~BlockingPool() { stop(); }

Result<> BlockingPool::reserve() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped)
    return fail(Error(ErrorCode::unavailable, "The server is stopping.").because("pool.stopped"));
  if (impl_->jobs.size() + impl_->reserved >= impl_->options.queue)
    return fail(Error(ErrorCode::unavailable, "The server is busy; try again in a moment.")
                    .because("pool.full")
                    .in_context(impl_->options.name));
  ++impl_->reserved;
  return {};
}

void BlockingPool::submit_reserved(std::move_only_function<void()> job) {
  bool last_calls = false;
  {
    const std::lock_guard lock(impl_->mutex);
    --impl_->reserved;
    impl_->jobs.push_back(std::move(job));
    last_calls = impl_->stopped;
  }
  // While stopping, idle threads wait for the last reserved place as well, not only for a job.
  if (last_calls)
    impl_->changed.notify_all();
  else
    impl_->changed.notify_one();
}

bool BlockingPool::post(std::move_only_function<void()> job) {
  if (!reserve()) return false;
  submit_reserved(std::move(job));
  return true;
}

void BlockingPool::stop() {
  const std::lock_guard joining(impl_->joining);
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
  }
  impl_->changed.notify_all();
  for (auto& thread : impl_->threads)
    if (thread.joinable()) thread.join();
}

}  // namespace tenon
