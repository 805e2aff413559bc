#pragma once
// One I/O thread: its io_context, its connections and the sweep over their deadlines. Private to
// the room.

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "async/deadline.h"
#include "http/forwarded.h"
#include "http/hooks.h"
#include "http/options.h"
#include "http/router.h"
#include "http/turns.h"

namespace tenon::http {

class Session;

/// Counts connections, all of them and per address. Thread: any.
class ConnectionCounter {
 public:
  explicit ConnectionCounter(const Options& options) : options_(options) {}

  /// Counts one connection in, unless a limit is reached. The empty address stands for proxies,
  /// whose number has no bound of its own.
  [[nodiscard]] bool enter(const std::string& address);
  void leave(const std::string& address);
  [[nodiscard]] std::size_t count() const noexcept { return count_.load(); }
  /// Waits until no connection is left. Returns false when `deadline` passed first.
  [[nodiscard]] bool wait_until_empty(Deadline deadline);
  /// So many that others wait outside.
  [[nodiscard]] bool crowded() const noexcept {
    return count() * 100 >= options_.connections * options_.accept_pause_percent;
  }

 private:
  const Options& options_;
  std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_map<std::string, std::size_t> by_address_;
  std::atomic<std::size_t> count_{0};
};

/// What all workers of a server share. Thread: any, but `proxies` is set before they start.
struct Edge {
  Edge(Options options_in, Hooks hooks_in)
      : options(std::move(options_in)), hooks(std::move(hooks_in)), counter(options) {}

  const Options options;
  const Hooks hooks;
  ConnectionCounter counter;
  TrustedProxies proxies;
  std::atomic<std::size_t> in_flight{0};      // handlers that run
  std::atomic<std::uint64_t> shed{0};         // requests refused because of load
  std::atomic<std::uint64_t> turned_away{0};  // connections refused
  std::atomic<std::uint64_t> pauses{0};       // times accepting has paused
};

/// Thread: the constructor, start_thread and join from the owner; the rest on the worker's thread.
class Worker {
 public:
  Worker(Edge& edge, const Router& router);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  void start_thread();
  void join();

  void add(Session& session);
  void remove(Session& session, const std::string& address);
  /// Closes the connections that wait for another request: others need their places.
  void close_idle();
  void drain();
  void cut();

  Edge& edge;
  const Options& options;
  const Hooks& hooks;
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
  Turns turns{options, context};
  std::atomic<std::size_t> waiting{0};  // requests in `turns`, as of the last sweep

 private:
  asio::steady_timer sweep_timer_{context};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context.get_executor()};
  std::thread thread_;
};

}  // namespace tenon::http
