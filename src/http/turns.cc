#include "http/turns.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace tenon::http {

asio::awaitable<bool> Turns::wait(Instant since) {
  if (queue_.empty() && run_ < kAtOnce) {
    ++run_;
    last_empty_ = since;
    arm();
    co_return true;
  }
  if (queue_.size() >= options_.queue) co_return false;
  bool granted = false;
  co_await suspend([this, since, granted = &granted](Resume resume, auto) {
    queue_.push_back({since, granted, std::move(resume)});
    arm();
  });
  co_return granted;
}

void Turns::arm() {
  if (std::exchange(armed_, true)) return;
  // Behind what is ready now: the sockets are looked at between two passes.
  asio::post(context_, [this] {
    armed_ = false;
    pass();
  });
}

void Turns::pass() {
  run_ = 0;
  if (queue_.empty()) return;
  const Instant now = std::chrono::steady_clock::now();
  const auto longest =
      now - last_empty_ > kStanding ? options_.standing_queue_time : options_.queue_time;
  while (!queue_.empty() && run_ < kAtOnce) {
    Waiting next = std::move(queue_.front());
    queue_.pop_front();
    *next.granted = now - next.since <= longest;
    if (*next.granted) ++run_;
    next.resume();
  }
  if (queue_.empty()) last_empty_ = now;
  arm();
}

}  // namespace tenon::http
