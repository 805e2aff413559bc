#include "http/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tenon::http {

Stream::Stream(Socket socket, const TlsContext* context) : socket_(std::move(socket)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (context != nullptr) ssl_ = context->accept(socket_.native_handle());
  failed_ = context != nullptr && !ssl_;
}

Stream::Wants Stream::wants(int outcome, error_code& error) {
  switch (SSL_get_error(ssl_.get(), outcome)) {
    case SSL_ERROR_WANT_READ:
      return Wants::read;
    case SSL_ERROR_WANT_WRITE:
      return Wants::write;
    case SSL_ERROR_ZERO_RETURN:
      error = asio::error::eof;
      return Wants::nothing;
    default:
      failed_ = true;
      error = asio::error::connection_reset;
      ERR_clear_error();
      return Wants::nothing;
  }
}

asio::awaitable<error_code> Stream::wait(Wants wants) {
  error_code error;
  co_await socket_.async_wait(wants == Wants::read ? Socket::wait_read : Socket::wait_write,
                              asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<error_code> Stream::handshake() {
  error_code error;
  if (failed_) co_return asio::error::no_memory;
  while (!error) {
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_.get());
    if (outcome == 1) break;
    const Wants wanted = wants(outcome, error);
    if (!error) error = co_await wait(wanted);
  }
  co_return error;
}

asio::awaitable<Got> Stream::read_some(std::span<char> space) {
  if (ssl_) return read_encrypted(space);
  struct Plain {
    static asio::awaitable<Got> read(Socket* socket, std::span<char> space) {
      Got got;
      got.bytes =
          co_await socket->async_read_some(asio::buffer(space.data(), space.size()),
                                           asio::redirect_error(asio::use_awaitable, got.error));
      co_return got;
    }
  };
  return Plain::read(&socket_, space);
}

asio::awaitable<Got> Stream::read_encrypted(std::span<char> space) {
  Got got;
  while (!got.error) {
    ERR_clear_error();
    const int outcome = SSL_read_ex(ssl_.get(), space.data(), space.size(), &got.bytes);
    if (outcome == 1) break;
    const Wants wanted = wants(outcome, got.error);
    if (!got.error) got.error = co_await wait(wanted);
  }
  co_return got;
}

Got Stream::write_some(std::string_view first, std::string_view second) {
  Got got;
  if (!ssl_) {
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(first.data(), first.size()),
                                                    asio::buffer(second.data(), second.size())};
    got.bytes = socket_.write_some(buffers, got.error);
    return got;
  }
  const std::string_view piece = first.empty() ? second : first;
  ERR_clear_error();
  const int outcome = SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &got.bytes);
  if (outcome == 1) return got;
  const Wants wanted = wants(outcome, got.error);
  // Without renegotiation a write never waits for bytes of the client.
  if (wanted == Wants::write) got.error = asio::error::would_block;
  if (wanted == Wants::read) got.error = asio::error::connection_reset;
  return got;
}

asio::awaitable<error_code> Stream::wait_writable() { return wait(Wants::write); }

bool Stream::has_bytes() const {
  error_code error;
  const bool waiting = socket_.available(error) > 0 && !error;
  return waiting || (ssl_ && SSL_has_pending(ssl_.get()) == 1);
}

bool Stream::peer_closed() {
  char byte = 0;
  if (ssl_) {
    std::size_t bytes = 0;
    ERR_clear_error();
    const int outcome = SSL_peek_ex(ssl_.get(), &byte, 1, &bytes);
    error_code error;
    if (outcome != 1) static_cast<void>(wants(outcome, error));
    return static_cast<bool>(error);
  }
  error_code error;
  socket_.receive(asio::buffer(&byte, 1), Socket::message_peek, error);
  return error && error != asio::error::would_block;
}

void Stream::shutdown_send() {
  error_code ignored;
  if (ssl_ && !failed_ && SSL_is_init_finished(ssl_.get()) == 1) {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::shutdown() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
}

void Stream::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
}

void Stream::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace tenon::http
