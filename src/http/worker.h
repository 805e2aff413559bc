#pragma once
// One I/O thread: its io_context, its connections and the sweep over their deadlines. Private to
// the room.

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "async/deadline.h"
#include "http/hooks.h"
#include "http/options.h"
#include "http/router.h"

namespace tenon::http {

class Session;

/// Counts connections, all of them and per address. Thread: any.
class ConnectionCounter {
 public:
  explicit ConnectionCounter(const Options& options) : options_(options) {}

  /// Counts one connection in, unless a limit is reached.
  [[nodiscard]] bool enter(const std::string& address);
  void leave(const std::string& address);
  [[nodiscard]] std::size_t count() const noexcept { return count_.load(); }
  /// Waits until no connection is left. Returns false when `deadline` passed first.
  [[nodiscard]] bool wait_until_empty(Deadline deadline);

 private:
  const Options& options_;
  std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_map<std::string, std::size_t> by_address_;
  std::atomic<std::size_t> count_{0};
};

/// Thread: the constructor, start_thread and join from the owner; the rest on the worker's thread.
class Worker {
 public:
  Worker(const Options& options, const Hooks& hooks, const Router& router,
         ConnectionCounter& counter);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  void start_thread();
  void join();

  void add(Session& session);
  void remove(Session& session, const std::string& address);
  void drain();
  void cut();

  const Options& options;
  const Hooks& hooks;
  ConnectionCounter& counter;
  Router::Reader routes;
  bool draining = false;

 private:
  void arm_sweep();
  void sweep();
  template <class Visit>
  void for_each_session(Visit visit);

  // Before the context: sessions still pending when the context goes take themselves out.
  std::vector<Session*> sessions_;
  bool sweeping_ = false;

 public:
  asio::io_context context{1};

 private:
  asio::steady_timer sweep_timer_{context};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context.get_executor()};
  std::thread thread_;
};

}  // namespace tenon::http
