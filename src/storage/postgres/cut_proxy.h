#pragma once
// Test support: a proxy between us and the server that cuts the connection in the moment a client
// sends a certain word, before or after the server has got it.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>

namespace tenon::testing {

enum class Cut : std::uint8_t { before, after };  // the server has got the word

/// One connection at a time. Lifetime: the server outlives it.
class CutProxy {
 public:
  CutProxy(int server_port, std::string word, Cut cut)
      : server_port_(server_port), word_(std::move(word)), cut_(cut) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) == 0 && ::listen(listener_, 8) == 0 &&
        ::getsockname(listener_, generic, &size) == 0)
      port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  CutProxy(const CutProxy&) = delete;
  CutProxy& operator=(const CutProxy&) = delete;
  ~CutProxy() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] int cuts() const noexcept { return cuts_; }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  static bool readable(int socket, int milliseconds) {
    pollfd watched{.fd = socket, .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, milliseconds) > 0;
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!readable(listener_, 20)) continue;
      const int client = ::accept(listener_, nullptr, nullptr);
      const int server = ::socket(AF_INET, SOCK_STREAM, 0);
      const auto address = loopback(server_port_);
      if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        relay(client, server, stop);
      ::close(client);
      ::close(server);
    }
  }

  void relay(int client, int server, const std::stop_token& stop) {
    std::array<char, 65536> buffer{};
    while (!stop.stop_requested()) {
      for (const auto& [from, to] : {std::pair(client, server), std::pair(server, client)}) {
        if (!readable(from, 1)) continue;
        const auto size = ::read(from, buffer.data(), buffer.size());
        if (size <= 0) return;
        const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
        const bool here = from == client && text.find(word_) != std::string_view::npos;
        if (here && cut_ == Cut::before) return void(++cuts_);
        if (::write(to, buffer.data(), static_cast<std::size_t>(size)) != size) return;
        if (!here) continue;
        // The answer is there when the server has done it.
        (void)readable(server, 5000);
        return void(++cuts_);
      }
    }
  }

  int server_port_;
  std::string word_;
  Cut cut_;
  int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
  std::atomic<int> cuts_ = 0;
  std::jthread thread_;
};

}  // namespace tenon::testing
