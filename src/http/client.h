#pragma once
// A small blocking client, so that tests of every room can drive a real server. Not for production.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/request.h"

namespace tenon::http {

struct ClientResponse {
  int status = 0;
  std::vector<HeaderField> fields;
  std::string body;
  /// The first field of that name without case, or an empty text.
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// One connection to 127.0.0.1 that is kept alive, and opened again when the server closed it
/// between requests. Thread: one. Errors: unavailable on any socket failure or time-out.
class Client {
 public:
  explicit Client(std::uint16_t port,
                  std::chrono::milliseconds timeout = std::chrono::milliseconds{10'000});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// Sends a request with Host and, when there is a body or the method is not GET or HEAD,
  /// Content-Length, and reads the answer.
  [[nodiscard]] Result<ClientResponse> send(Method method, std::string_view target,
                                            std::vector<HeaderField> fields = {},
                                            std::string_view body = {});
  [[nodiscard]] Result<ClientResponse> get(std::string_view target,
                                           std::vector<HeaderField> fields = {}) {
    return send(Method::get, target, std::move(fields));
  }

  /// Raw access, for framing tests.
  [[nodiscard]] Result<> connect();
  [[nodiscard]] Result<> write(std::string_view bytes);
  [[nodiscard]] Result<ClientResponse> read_response(Method method = Method::get);
  /// Everything until the server closes.
  [[nodiscard]] Result<std::string> read_all();
  void shutdown_write();
  void close();

 private:
  [[nodiscard]] Result<bool> fill();  // false: the server closed

  std::uint16_t port_;
  std::chrono::milliseconds timeout_;
  int socket_ = -1;
  std::string buffer_;
};

}  // namespace tenon::http
