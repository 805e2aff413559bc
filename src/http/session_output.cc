// The sending half of a connection: one gathered write per answer, waiting only when the socket is
// full.
#include <array>

#include "http/fault.h"
#include "http/session.h"

namespace tenon::http {
namespace {

constexpr std::size_t kLingerBytes = 256 * 1024;

}  // namespace

asio::awaitable<bool> Session::send(Response response) {
  finish(response);
  queue(response);
  if (!write_some()) co_await flush();
  if (const BodyWriter* writer = response.writer();
      writer != nullptr && method_ != Method::head && !broken_) {
    co_await send_stream(*writer);
  }
  const bool open = keep_alive_ && !broken_;
  wait_for(reader_.has_unread() ? Phase::head : Phase::idle,
           reader_.has_unread() ? worker_.options.head_time : worker_.options.idle_time);
  if (worker_.hooks.exchange) report(response);
  has_head_ = false;
  match_.route.reset();
  notes_.clear();
  received_bytes_ = sent_bytes_ = 0;
  co_return open;
}

void Session::queue(Response& response) {
  const bool bodiless = is_bodiless(response.status());
  const std::string_view body = response.body();
  HeadShape shape{.framing = bodiless ? BodyFraming::none : BodyFraming::length,
                  .body_bytes = body.size(),
                  .minor_version = minor_version_};
  chunked_ = false;
  owed_ = 0;
  if (response.writer() != nullptr && response.length() && !bodiless) {
    shape.body_bytes = *response.length();
    owed_ = method_ == Method::head ? 0 : *response.length();
  } else if (response.writer() != nullptr && !bodiless) {
    chunked_ = minor_version_ == 1;
    shape.framing = chunked_ ? BodyFraming::chunked : BodyFraming::until_close;
    keep_alive_ = keep_alive_ && chunked_;
  }
  keep_alive_ = keep_alive_ && !response.closes() && !worker_.draining;
  shape.keep_alive = keep_alive_;
  out_.clear();
  append_head(out_, response, shape);
  body_left_ = {};
  if (!bodiless && method_ != Method::head) {
    // One buffer for what fits into a few packets, two for what is worth not copying.
    if (body.size() <= 4096) {
      out_ += body;
    } else {
      body_left_ = body;
    }
  }
  out_left_ = out_;
}

bool Session::write_some() {
  while (!out_left_.empty() || !body_left_.empty()) {
    const Got sent = stream_.write_some(out_left_, body_left_);
    if (sent.error == asio::error::would_block) return false;
    if (sent.error) return broken_ = true;
    phase_bytes_ += sent.bytes;
    sent_bytes_ += sent.bytes;
    const std::size_t first = std::min(sent.bytes, out_left_.size());
    out_left_.remove_prefix(first);
    body_left_.remove_prefix(sent.bytes - first);
  }
  return true;
}

asio::awaitable<bool> Session::flush() {
  wait_for(Phase::write, worker_.options.write_time);
  while (!broken_) {
    const error_code error = co_await stream_.wait_writable();
    if (error || timed_out_) broken_ = true;
    if (broken_ || write_some()) break;
    allow_for(0);
  }
  co_return !broken_;
}

asio::awaitable<bool> Session::send_stream(const BodyWriter& writer) {
  wait_for(Phase::stream, {});
  deadline_ = Instant::max();
  stopping_ = worker_.draining;
  try {
    co_await writer(*this);
  } catch (...) {
    if (!stopping_) report_fault(worker_.hooks, std::current_exception());
    broken_ = true;
  }
  // Whoever was promised more must not take the next answer for it.
  broken_ = broken_ || owed_ > 0;
  if (broken_ || !chunked_) co_return !broken_;
  out_left_ = "0\r\n\r\n";
  if (!write_some()) co_await flush();
  co_return !broken_;
}

Task<> Session::write(std::string piece) {
  const auto gone = [] {
    return fail(Error(ErrorCode::cancelled, "the client is gone or the server is stopping")
                    .because("http.stream"));
  };
  if (broken_ || stopping_) co_return gone();
  if (piece.empty()) co_return Result<>{};
  if (chunked_) {
    out_.clear();
    append_chunk(out_, piece);
    out_left_ = out_;
  } else {
    if (piece.size() > owed_ && keep_alive_) co_return gone();
    owed_ -= std::min<std::uint64_t>(owed_, piece.size());
    out_left_ = piece;
  }
  if (!write_some()) co_await flush();
  phase_ = Phase::stream;
  deadline_ = Instant::max();
  if (broken_) co_return gone();
  co_return Result<>{};
}

// Closing while bytes of the client are unread would reset the connection and could destroy the
// answer before the client has read it.
asio::awaitable<void> Session::linger() {
  wait_for(Phase::linger, worker_.options.linger_time);
  stream_.shutdown_send();
  std::array<char, 4096> discarded{};
  Got got;
  for (std::size_t total = 0; !got.error && total < kLingerBytes && !timed_out_ && !broken_;) {
    got = co_await stream_.read_some(discarded);
    total += got.bytes;
  }
}

}  // namespace tenon::http
