#pragma once
// More requests than a thread can run must not make all of them late: those that waited too long
// are refused at once, so that the others are answered in time. For that a request is read as soon
// as it comes, which is cheap, and then waits here for its turn; a wait inside the kernel could
// neither be measured nor refused. Private to the room.

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <deque>

#include "async/resume.h"
#include "base/clock.h"
#include "http/options.h"

namespace tenon::http {

/// The queue of one I/O thread. While nothing queues, a request runs at once and costs nothing.
/// A queue that empties now and then is a burst and gets Options::queue_time; one that stands
/// longer than kStanding gets Options::standing_queue_time. Thread: that of the context. Lifetime:
/// goes before the context.
class Turns {
 public:
  Turns(const Options& options, asio::io_context& context) : options_(options), context_(context) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// Waits for a turn. Returns false when the request has to be refused.
  [[nodiscard]] asio::awaitable<bool> wait(Instant since);
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }

  static constexpr std::chrono::milliseconds kStanding{100};
  static constexpr std::size_t kAtOnce = 8;  // requests between two looks at the sockets

 private:
  struct Waiting {
    Instant since;
    bool* granted;  // in the frame of the coroutine that waits
    Resume resume;
  };
  void arm();
  void pass();

  const Options& options_;
  asio::io_context& context_;
  std::deque<Waiting> queue_;
  std::size_t run_ = 0;  // since the sockets were looked at
  bool armed_ = false;
  Instant last_empty_;
};

}  // namespace tenon::http
