// Load from outside. With --rate the requests come when they come, whether earlier ones have been
// answered or not (open loop), and a time counts from the moment a request was meant to begin, so a
// server that stands still cannot hide it. Without it each connection asks as soon as it is
// answered.
//
//   tenon_load --port P [--connections N] [--rate R] [--seconds S] [--header "Name: value"]
//              [--get TARGET]... [--post TARGET BODY]...      `#` in a body is a serial number
//
// Prints one JSON object.

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "load/connection.h"
#include "load/histogram.h"

namespace tenon::load {
namespace {

struct Arguments {
  std::uint16_t port = 0;
  std::size_t connections = 16;
  double rate = 0;
  double seconds = 5;
  std::string headers;
  struct Kind {
    std::string method, target, body;
  };
  std::vector<Kind> kinds;
};

[[noreturn]] void wrong(std::string_view what) {
  fmt::print(stderr, "tenon_load: {}\n", what);
  std::exit(2);
}

template <class T>
T number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    wrong(fmt::format("{} is no number", text));
  return value;
}

Arguments parse(int argc, char** argv) {
  Arguments read;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const auto next = [&]() -> std::string_view {
      if (++i >= argc) wrong(fmt::format("{} wants a value", word));
      return argv[i];
    };
    if (word == "--port") {
      read.port = number<std::uint16_t>(next());
    } else if (word == "--connections") {
      read.connections = number<std::size_t>(next());
    } else if (word == "--rate") {
      read.rate = number<double>(next());
    } else if (word == "--seconds") {
      read.seconds = number<double>(next());
    } else if (word == "--header") {
      read.headers.append(next()).append("\r\n");
    } else if (word == "--get") {
      read.kinds.push_back({"GET", std::string(next()), {}});
    } else if (word == "--post") {
      std::string target(next());
      read.kinds.push_back({"POST", std::move(target), std::string(next())});
    } else {
      wrong(fmt::format("there is no option {}", word));
    }
  }
  if (read.port == 0 || read.kinds.empty()) wrong("--port and --get or --post are needed");
  return read;
}

class Generator {
 public:
  explicit Generator(Arguments arguments)
      : arguments_(std::move(arguments)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < arguments_.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(arguments_.port));
      free_.push_back(connections_.back().get());
    }
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;
  ~Generator() { ::close(epoll_); }

  void run() {
    start_ = std::chrono::steady_clock::now();
    const auto end = start_ + std::chrono::duration_cast<Instant::duration>(
                                  std::chrono::duration<double>(arguments_.seconds));
    constexpr std::chrono::seconds kPatience{10};
    for (;;) {
      const Instant now = std::chrono::steady_clock::now();
      if (now < end) begin_due(now, end);
      const bool done = now >= end && free_.size() == connections_.size();
      if (done || now > end + kPatience) break;
      wait(now, end);
    }
  }

  void print() const {
    fmt::print(
        "{{\"offered\":{},\"ok\":{},\"ok_rate\":{:.1f},\"ok_p50_ms\":{:.3f},\"ok_p99_ms\":{:.3f},"
        "\"ok_max_ms\":{:.3f},\"refused\":{},\"refused_without_retry_after\":{},"
        "\"refused_p50_ms\":{:.3f},\"refused_p99_ms\":{:.3f},\"refused_max_ms\":{:.3f},"
        "\"other\":{},\"failed\":{},\"unsent\":{},\"connections\":{}}}\n",
        offered_, ok_.count(), static_cast<double>(ok_.count()) / arguments_.seconds,
        ok_.percentile(50), ok_.percentile(99), ok_.longest(), refused_.count(), impolite_,
        refused_.percentile(50), refused_.percentile(99), refused_.longest(), other_, failed_,
        unsent_, connections_.size());
  }

 private:
  std::string next_request() {
    const auto& kind = arguments_.kinds[serial_++ % arguments_.kinds.size()];
    std::string body = kind.body;
    if (const auto at = body.find('#'); at != std::string::npos)
      body.replace(at, 1, fmt::format("{}-{}", ::getpid(), serial_));
    return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}{}\r\n{}", kind.method, kind.target,
                       arguments_.headers,
                       kind.method == "GET" ? std::string()
                                            : fmt::format("Content-Type: application/json\r\n"
                                                          "Content-Length: {}\r\n",
                                                          body.size()),
                       body);
  }

  void begin_due(Instant now, Instant end) {
    if (arguments_.rate <= 0) {
      while (!free_.empty()) begin(now);
      return;
    }
    for (;;) {
      const Instant due = next_due();
      if (due > now || due >= end) return;
      if (free_.empty()) {  // more are under way than connections may be open: it is never sent
        ++unsent_;
        continue;
      }
      begin(due);
    }
  }

  void begin(Instant intended) {
    Connection* const one = free_.back();
    free_.pop_back();
    ++offered_;
    if (!one->begin(next_request(), intended)) {
      ++failed_;
      free_.insert(free_.begin(), one);
      return;
    }
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = one}};
    if (one->fresh()) ::epoll_ctl(epoll_, EPOLL_CTL_ADD, one->descriptor(), &event);
  }

  /// When the next request of an open loop is due.
  [[nodiscard]] Instant next_due() const {
    return start_ + std::chrono::duration_cast<Instant::duration>(std::chrono::duration<double>(
                        static_cast<double>(offered_ + unsent_) / arguments_.rate));
  }

  void wait(Instant now, Instant end) {
    std::array<epoll_event, 256> events{};
    constexpr std::chrono::nanoseconds kLongest{100'000'000};
    const bool open = arguments_.rate > 0 && now < end;
    const auto pause =
        open ? std::clamp<std::chrono::nanoseconds>(next_due() - now, {}, kLongest) : kLongest;
    const timespec limit{.tv_sec = 0, .tv_nsec = pause.count()};
    const int count =
        ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
    for (int i = 0; i < count; ++i) {
      auto& one = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      const auto event = one.ready();
      if (event == Connection::Event::nothing) continue;
      note(one, event);
      free_.push_back(&one);
    }
  }

  void note(const Connection& one, Connection::Event event) {
    const auto took = std::chrono::steady_clock::now() - one.intended();
    if (event == Connection::Event::failed) {
      ++failed_;
    } else if (one.status() >= 200 && one.status() < 300) {
      ok_.add(took);
    } else if (one.status() == 503 || one.status() == 429) {
      refused_.add(took);
      if (!one.retry_after()) ++impolite_;
    } else {
      ++other_;
    }
  }

  const Arguments arguments_;
  const int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> free_;
  Instant start_;
  std::uint64_t serial_ = 0;
  std::uint64_t offered_ = 0;
  std::uint64_t unsent_ = 0;
  std::uint64_t other_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t impolite_ = 0;
  Histogram ok_;
  Histogram refused_;
};

}  // namespace
}  // namespace tenon::load

int main(int argc, char** argv) {
  tenon::load::Generator generator(tenon::load::parse(argc, argv));
  generator.run();
  generator.print();
  return 0;
}
