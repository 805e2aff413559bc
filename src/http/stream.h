#pragma once
// The bytes of one connection, encrypted or not, with one meaning for waiting, closing and failing.
// Private to the room.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "async/task.h"
#include "http/tls.h"

namespace tenon::http {

using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
using boost::system::error_code;

struct Got {
  std::size_t bytes = 0;
  error_code error;  // `eof` when the client closed
};

/// Thread: one. Waiting operations end with operation_aborted after cancel() and close().
class Stream {
 public:
  /// With a context the connection is encrypted and begins with handshake(); `context` outlives
  /// nothing: the connection has what it needs.
  Stream(Socket socket, const TlsContext* context);

  [[nodiscard]] bool encrypted() const noexcept { return ssl_ != nullptr; }
  [[nodiscard]] asio::awaitable<error_code> handshake();
  /// Waits for at least one byte.
  [[nodiscard]] asio::awaitable<Got> read_some(std::span<char> space);
  /// Never waits. Errors: would_block.
  [[nodiscard]] Got write_some(std::string_view first, std::string_view second);
  [[nodiscard]] asio::awaitable<error_code> wait_writable();

  /// True when bytes have arrived that nobody has read.
  [[nodiscard]] bool has_bytes() const;
  /// True when the client has closed its side; reads nothing.
  [[nodiscard]] bool peer_closed();
  void shutdown_send();
  void shutdown();
  void cancel();
  void close();

 private:
  enum class Wants { read, write, nothing };
  [[nodiscard]] Wants wants(int outcome, error_code& error);
  [[nodiscard]] asio::awaitable<error_code> wait(Wants wants);
  [[nodiscard]] asio::awaitable<Got> read_encrypted(std::span<char> space);

  Socket socket_;
  Ssl ssl_;
  bool failed_ = false;  // of the encryption: no farewell is sent
};

}  // namespace tenon::http
