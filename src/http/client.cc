#include "http/client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "http/ascii.h"
#include "http/response_head.h"

namespace tenon::http {
namespace {

std::unexpected<Error> broken(std::string what) {
  return fail(Error(ErrorCode::unavailable, std::move(what)).because("client.socket"));
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string ClientResponse::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const HeaderField& field) { return same_without_case(field.name, name); });
  return found == fields.end() ? std::string() : found->value;
}

Client::Client(std::uint16_t port, std::chrono::milliseconds timeout)
    : port_(port), timeout_(timeout) {}

Client::~Client() { close(); }

void Client::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  buffer_.clear();
}

void Client::shutdown_write() { ::shutdown(socket_, SHUT_WR); }

Result<> Client::connect() {
  close();
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return broken("no socket");
  const timeval time{.tv_sec = timeout_.count() / 1000,
                     .tv_usec = (timeout_.count() % 1000) * 1000};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return broken("cannot connect");
  }
  return {};
}

Result<> Client::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return broken("cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<bool> Client::fill() {
  std::array<char, 16 * 1024> piece{};
  const ssize_t got = ::recv(socket_, piece.data(), piece.size(), 0);
  if (got < 0) return broken(std::string("cannot receive: ") + std::strerror(errno));
  buffer_.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

Result<std::string> Client::read_all() {
  for (;;) {
    TENON_ASSIGN(more, fill());
    if (!more) return std::exchange(buffer_, {});
  }
}

Result<ClientResponse> Client::read_response(Method method) {
  const auto need = [this](auto ready) -> Result<> {
    while (!ready()) {
      TENON_ASSIGN(more, fill());
      if (!more) return broken("the server closed");
    }
    return {};
  };
  std::size_t end = 0;
  TENON_TRY(need([&] { return (end = buffer_.find("\r\n\r\n")) != std::string::npos; }));
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  ClientResponse response;
  response.status = static_cast<int>(number(std::string_view(head).substr(9, 3), 10).value_or(0));
  std::string_view rest = std::string_view(head).substr(head.find("\r\n") + 2);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    const std::size_t colon = line.find(':');
    response.fields.push_back(
        {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    rest.remove_prefix(line.size() + 2);
  }
  if (response.status == 100) return read_response(method);
  if (method == Method::head || is_bodiless(response.status)) return response;
  if (response.header("transfer-encoding") == "chunked") {
    for (std::size_t size = 1; size > 0;) {
      std::size_t line = 0;
      TENON_TRY(need([&] { return (line = buffer_.find("\r\n")) != std::string::npos; }));
      const auto length = number(std::string_view(buffer_).substr(0, line), 16);
      if (!length) return broken("bad chunk");
      size = *length;
      TENON_TRY(need([&] { return buffer_.size() >= line + 2 + size + 2; }));
      response.body.append(buffer_, line + 2, size);
      buffer_.erase(0, line + 2 + size + 2);
    }
  } else if (const auto length = number(response.header("content-length"), 10)) {
    TENON_TRY(need([&] { return buffer_.size() >= *length; }));
    response.body = buffer_.substr(0, *length);
    buffer_.erase(0, *length);
  } else {
    TENON_ASSIGN(all, read_all());
    response.body = std::move(all);
  }
  return response;
}

Result<ClientResponse> Client::send(Method method, std::string_view target,
                                    std::vector<HeaderField> fields, std::string_view body) {
  std::string wire;
  wire.append(to_string(method)).append(" ").append(target).append(" HTTP/1.1\r\n");
  const bool has_host = std::ranges::any_of(
      fields, [](const HeaderField& field) { return same_without_case(field.name, "host"); });
  if (!has_host) wire += "Host: localhost\r\n";
  for (const HeaderField& field : fields) {
    wire.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!body.empty() || (method != Method::get && method != Method::head)) {
    wire += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  wire.append("\r\n").append(body);
  // A kept connection may have been closed since: seen as end of file before anything is sent.
  char byte = 0;
  if (socket_ < 0 || ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
    TENON_TRY(connect());
  }
  // A server may refuse early and close: its answer counts, not the failed rest of the send.
  const auto sent = write(wire);
  auto response = read_response(method);
  if (!response) return sent ? std::move(response) : fail(Error(sent.error()));
  if (same_without_case(response->header("connection"), "close")) close();
  return response;
}

}  // namespace tenon::http
