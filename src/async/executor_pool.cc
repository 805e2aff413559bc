#include "async/executor_pool.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <deque>
#include <thread>
#include <vector>

namespace tenon {

struct ExecutorPool::Impl {
  std::deque<asio::io_context> contexts;  // a deque: an io_context cannot move
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
  std::vector<std::thread> threads;
  std::atomic<std::size_t> turn{0};
};

ExecutorPool::ExecutorPool(std::size_t threads, const std::string& name)
    : impl_(std::make_unique<Impl>()) {
  TENON_ASSERT(threads > 0);
  for (std::size_t i = 0; i < threads; ++i) {
    auto& context = impl_->contexts.emplace_back(1);
    impl_->guards.emplace_back(context.get_executor());
    auto& thread = impl_->threads.emplace_back([&context] { context.run(); });
    ::pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
  }
}

ExecutorPool::~ExecutorPool() { stop(); }

Executor ExecutorPool::next() noexcept {
  const std::size_t turn = impl_->turn.fetch_add(1, std::memory_order_relaxed);
  return impl_->contexts[turn % impl_->contexts.size()].get_executor();
}

Executor ExecutorPool::at(std::size_t index) const {
  return impl_->contexts.at(index).get_executor();
}

std::size_t ExecutorPool::size() const noexcept { return impl_->contexts.size(); }

void ExecutorPool::stop() {
  impl_->guards.clear();
  for (auto& context : impl_->contexts) context.stop();
  for (auto& thread : impl_->threads)
    if (thread.joinable()) thread.join();
}

}  // namespace tenon
