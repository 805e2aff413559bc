#pragma once
// One keep-alive connection of the load generator: a request out, an answer in, never waiting.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::load {

using Instant = std::chrono::steady_clock::time_point;

/// Thread: one.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : port_(port) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  enum class Event { nothing, answered, failed };

  /// Begins a request that was meant to begin at `intended`; connects when it has to. Returns false
  /// when there is no socket. Requires: !busy().
  [[nodiscard]] bool begin(std::string_view request, Instant intended);
  /// The socket is ready: goes on. After `answered` and `failed` the connection is free again.
  [[nodiscard]] Event ready();

  [[nodiscard]] bool busy() const noexcept { return busy_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool wants_write() const noexcept { return sent_ < request_.size(); }
  [[nodiscard]] Instant intended() const noexcept { return intended_; }
  [[nodiscard]] int status() const noexcept { return status_; }
  /// Of the answer.
  [[nodiscard]] bool retry_after() const noexcept { return retry_after_; }
  /// True when the socket is another than at the last call of begin().
  [[nodiscard]] bool fresh() const noexcept { return fresh_; }

 private:
  [[nodiscard]] bool connect();
  void close() noexcept;
  [[nodiscard]] bool send_some();
  [[nodiscard]] Event receive_some();
  [[nodiscard]] bool complete();

  const std::uint16_t port_;
  int descriptor_ = -1;
  bool busy_ = false;
  bool fresh_ = false;
  std::string request_;
  std::size_t sent_ = 0;
  std::string received_;
  std::size_t wanted_ = 0;  // bytes of the whole answer, once its head is there
  int status_ = 0;
  bool retry_after_ = false;
  bool closes_ = false;
  Instant intended_;
};

}  // namespace tenon::load
