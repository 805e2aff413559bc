#include "load/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace tenon::load {

Connection::~Connection() { close(); }

void Connection::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool Connection::connect() {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return false;
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int done =
      ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (done == 0 || errno == EINPROGRESS) return true;
  close();
  return false;
}

bool Connection::begin(std::string_view request, Instant intended) {
  fresh_ = descriptor_ < 0;
  if (fresh_ && !connect()) return false;
  request_ = request;
  sent_ = wanted_ = 0;
  received_.clear();
  intended_ = intended;
  busy_ = true;
  if (!fresh_) static_cast<void>(send_some());
  return true;
}

bool Connection::send_some() {
  while (sent_ < request_.size()) {
    const auto bytes =
        ::send(descriptor_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    if (bytes < 0) return errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS;
    sent_ += static_cast<std::size_t>(bytes);
  }
  return true;
}

bool Connection::complete() {
  if (wanted_ == 0) {
    const auto end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string_view head(received_.data(), end + 2);
    status_ = 0;
    std::from_chars(head.data() + 9, head.data() + 12, status_);
    retry_after_ = head.find("\r\nRetry-After: ") != head.npos;
    closes_ = head.find("\r\nConnection: close\r\n") != head.npos;
    std::size_t length = 0;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    if (const auto at = head.find(kLength); at != head.npos)
      std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
    wanted_ = end + 4 + length;
  }
  return received_.size() >= wanted_;
}

Connection::Event Connection::receive_some() {
  std::array<char, 64 * 1024> space{};
  for (;;) {
    const auto bytes = ::recv(descriptor_, space.data(), space.size(), 0);
    if (bytes < 0 && errno == EAGAIN) return Event::nothing;
    if (bytes <= 0) return Event::failed;
    received_.append(space.data(), static_cast<std::size_t>(bytes));
    if (complete()) return Event::answered;
  }
}

Connection::Event Connection::ready() {
  if (!busy_) {  // the server closed a connection that rested
    close();
    return Event::nothing;
  }
  Event event = send_some() ? receive_some() : Event::failed;
  if (event == Event::nothing) return event;
  busy_ = false;
  if (event == Event::failed || closes_) close();
  return event;
}

}  // namespace tenon::load
