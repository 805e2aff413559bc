#include "http/worker.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "http/fault.h"
#include "http/session.h"

namespace tenon::http {

bool ConnectionCounter::enter(const std::string& address) {
  const std::scoped_lock lock(mutex_);
  if (count_ >= options_.connections) return false;
  std::size_t& here = by_address_[address];
  const bool counts = !address.empty();
  if (counts && here >= options_.connections_per_address) return false;
  ++here;
  ++count_;
  return true;
}

void ConnectionCounter::leave(const std::string& address) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_address_.find(address);
  if (--found->second == 0) by_address_.erase(found);
  if (--count_ == 0) empty_.notify_all();
}

bool ConnectionCounter::wait_until_empty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto empty = [this] { return count_ == 0; };
  if (deadline.when() == Instant::max()) {
    empty_.wait(lock, empty);
    return true;
  }
  return empty_.wait_until(lock, deadline.when(), empty);
}

Worker::Worker(Edge& edge_in, const Router& router)
    : edge(edge_in), options(edge_in.options), hooks(edge_in.hooks), routes(router) {}

Worker::~Worker() { join(); }

void Worker::start_thread() {
  thread_ = std::thread([this] {
    while (!context.stopped()) {
      try {
        context.run();
      } catch (...) {
        // Nothing of ours throws here but out of memory: one connection is lost, not the process.
        report_fault(hooks, std::current_exception());
      }
    }
  });
  pthread_setname_np(thread_.native_handle(), "http");
}

void Worker::join() {
  context.stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::add(Session& session) {
  sessions_.push_back(&session);
  arm_sweep();
}

void Worker::remove(Session& session, const std::string& address) {
  const auto found = std::ranges::find(sessions_, &session);
  *found = sessions_.back();
  sessions_.pop_back();
  edge.counter.leave(address);
}

void Worker::arm_sweep() {
  if (sweeping_) return;
  sweeping_ = true;
  sweep_timer_.expires_after(options.sweep_time);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    sweeping_ = false;
    if (!error) sweep();
  });
}

// Backwards, because a visit may end a session, which moves the last one into its place.
template <class Visit>
void Worker::for_each_session(Visit visit) {
  for (std::size_t i = sessions_.size(); i-- > 0;) {
    if (i < sessions_.size()) visit(*sessions_[i]);
  }
}

void Worker::sweep() {
  const Instant now = std::chrono::steady_clock::now();
  for_each_session([now](Session& session) { session.sweep(now); });
  waiting = turns.waiting();
  if (!sessions_.empty()) arm_sweep();
}

void Worker::close_idle() {
  for_each_session([](Session& session) { session.close_if_idle(); });
}

void Worker::drain() {
  draining = true;
  for_each_session([](Session& session) { session.drain(); });
}

void Worker::cut() {
  draining = true;
  for_each_session([](Session& session) { session.cut(); });
}

}  // namespace tenon::http
