#include "http/outbound.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "async/timer.h"
#include "http/outbound_answer.h"
#include "http/outbound_tls.h"

namespace tenon::http {
namespace {

using asio::ip::tcp;

std::unexpected<Error> bad_url() {
  return fail(Error(ErrorCode::invalid, "An address as https://host/path is expected.")
                  .because("outbound.url"));
}

std::unexpected<Error> unreachable(const std::string& why) {
  return fail(Error(ErrorCode::unavailable, "The other server cannot be reached.")
                  .because("outbound.connect")
                  .in_context(why));
}

bool may_call_v4(const asio::ip::address_v4& address, const OutboundOptions& options) {
  const auto b = address.to_bytes();
  if (b[0] == 127) return options.loopback;
  const bool is_private = b[0] == 10 || (b[0] == 172 && (b[1] & 0xF0U) == 16) ||
                          (b[0] == 192 && b[1] == 168) || (b[0] == 100 && (b[1] & 0xC0U) == 64);
  if (is_private) return options.private_networks;
  const bool never = b[0] == 0 || b[0] >= 224 || (b[0] == 169 && b[1] == 254) ||
                     (b[0] == 192 && b[1] == 0 && (b[2] == 0 || b[2] == 2)) ||
                     (b[0] == 198 && ((b[1] & 0xFEU) == 18 || (b[1] == 51 && b[2] == 100))) ||
                     (b[0] == 203 && b[1] == 0 && b[2] == 113);
  return !never;
}

bool may_call(const asio::ip::address& address, const OutboundOptions& options) {
  if (address.is_v4()) return may_call_v4(address.to_v4(), options);
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped())
    return may_call_v4(asio::ip::make_address_v4(asio::ip::v4_mapped, v6), options);
  if (v6.is_loopback()) return options.loopback;
  const auto b = v6.to_bytes();
  if ((b[0] & 0xFEU) == 0xFC) return options.private_networks;
  // 6to4 and NAT64 carry an IPv4 address, which would go round the rules above.
  const bool carries = (b[0] == 0x20 && b[1] == 0x02) ||
                       (b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xFF && b[3] == 0x9B);
  const bool documentation = b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0D && b[3] == 0xB8;
  return (b[0] & 0xE0U) == 0x20 && !carries && !documentation;  // global unicast alone
}

std::string head_of(const OutboundRequest& request, const OutboundTarget& target) {
  const bool usual = target.port == (target.tls ? "443" : "80");
  const bool v6 = target.host.find(':') != std::string::npos;
  std::string text = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}{}{}{}\r\nConnection: close\r\nAccept-Encoding: "
      "identity\r\n",
      to_string(request.method), target.path, v6 ? "[" : "", target.host, v6 ? "]" : "",
      usual ? std::string() : ":" + target.port);
  for (const auto& field : request.fields)
    text += fmt::format("{}: {}\r\n", field.name, field.value);
  if (!request.body.empty() || request.method == Method::post)
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  return text + "\r\n" + request.body;
}

/// A connection, with TLS or without. Thread: that of its coroutine.
class Wire {
 public:
  Wire(tcp::socket socket, std::unique_ptr<TlsClient> tls)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  Task<> open() {
    if (tls_ == nullptr) co_return Result<>();
    for (;;) {
      auto step = tls_->handshake();
      TENON_CO_TRY(co_await put(tls_->take_outgoing()));  // also the alert that says why not
      if (!step) co_return std::unexpected(std::move(step.error()));
      if (*step == TlsClient::Step::done) co_return Result<>();
      TENON_CO_ASSIGN(bytes, co_await get());
      if (bytes.empty()) co_return unreachable("ended during the handshake");
      tls_->give_incoming(bytes);
    }
  }
  Task<> write(std::string bytes) {
    if (tls_ == nullptr) co_return co_await put(std::move(bytes));
    TENON_CO_TRY(tls_->write(bytes));
    co_return co_await put(tls_->take_outgoing());
  }
  /// Some bytes, or none when the other side has ended.
  Task<std::string> read() {
    for (;;) {
      TENON_CO_ASSIGN(bytes, co_await get());
      if (tls_ == nullptr || bytes.empty()) co_return std::move(bytes);
      tls_->give_incoming(bytes);
      std::string plain;
      TENON_CO_ASSIGN(step, tls_->read(plain));
      if (!plain.empty() || step == TlsClient::Step::ended) co_return plain;
    }
  }

 private:
  Task<> put(std::string bytes) {
    boost::system::error_code error;
    co_await asio::async_write(socket_, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return unreachable(error.message());
    co_return Result<>();
  }
  Task<std::string> get() {
    std::array<char, 16 * 1024> space{};
    boost::system::error_code error;
    const auto size = co_await socket_.async_read_some(
        asio::buffer(space), asio::redirect_error(asio::use_awaitable, error));
    if (error && error != asio::error::eof) co_return unreachable(error.message());
    co_return std::string(space.data(), size);
  }

  tcp::socket socket_;
  std::unique_ptr<TlsClient> tls_;
};

/// A connected socket to an address that we may call.
Task<tcp::socket> connect(OutboundTarget target, OutboundOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  boost::system::error_code error;
  tcp::resolver resolver(executor);
  const auto found = co_await resolver.async_resolve(
      target.host, target.port, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return unreachable(error.message());
  std::vector<tcp::endpoint> allowed;
  for (const auto& entry : found)
    if (may_call(entry.endpoint().address(), options) &&
        (target.tls || entry.endpoint().address().is_loopback()))
      allowed.push_back(entry.endpoint());
  if (allowed.empty())
    co_return fail(Error(ErrorCode::denied, "This address is not called from here.")
                       .because("outbound.address"));
  // What was resolved is what is called: the name is not looked up again.
  tcp::socket socket(executor);
  co_await asio::async_connect(socket, allowed, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return unreachable(error.message());
  co_return socket;
}

}  // namespace

struct Outbound::Tls {
  explicit Tls(const std::string& ca_file) : trust(ca_file) {}
  TrustStore trust;
};

Outbound::Outbound(OutboundOptions options)
    : options_(std::move(options)), tls_(std::make_unique<Tls>(options_.ca_file)) {}
Outbound::~Outbound() = default;

bool may_call(const std::string& address, const OutboundOptions& options) {
  boost::system::error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  return !error && may_call(parsed, options);
}

Result<OutboundTarget> target_of(const std::string& url) {
  OutboundTarget target{.tls = url.starts_with("https://"), .host = {}, .port = {}, .path = {}};
  if (!target.tls && !url.starts_with("http://")) return bad_url();
  const auto printable = [](char c) { return c > 0x20 && c < 0x7F && c != '#' && c != '\\'; };
  if (url.size() > 2000 || !std::ranges::all_of(url, printable)) return bad_url();
  std::string_view rest = std::string_view(url).substr(target.tls ? 8 : 7);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  target.path = rest.substr(end);
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  std::string_view port = target.tls ? "443" : "80";
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return bad_url();
    target.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty() && !authority.starts_with(':')) return bad_url();
    if (!authority.empty()) port = authority.substr(1);
  } else {
    const auto colon = authority.find(':');
    target.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  const auto in_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (target.host.empty() || !std::ranges::all_of(target.host, in_host) || port.empty() ||
      port.size() > 5 || !std::ranges::all_of(port, digit))
    return bad_url();
  target.port = port;
  return target;
}

namespace {

Task<OutboundAnswer> exchange(OutboundRequest request, OutboundTarget target,
                              OutboundOptions options, const TrustStore* trust) {
  TENON_CO_ASSIGN(socket, co_await connect(target, options));
  Wire wire(std::move(socket),
            target.tls ? std::make_unique<TlsClient>(*trust, target.host) : nullptr);
  TENON_CO_TRY(co_await wire.open());
  TENON_CO_TRY(co_await wire.write(head_of(request, target)));
  AnswerReader reader(options.answer_bytes);
  for (;;) {
    TENON_CO_ASSIGN(bytes, co_await wire.read());
    if (bytes.empty()) break;
    TENON_CO_ASSIGN(whole, reader.take(bytes));
    if (whole) break;
  }
  co_return reader.finish();
}

}  // namespace

Task<OutboundAnswer> Outbound::send(OutboundRequest request, Deadline deadline) const {
  TENON_CO_ASSIGN(target, target_of(request.url));
  if (!target.tls && !options_.loopback) co_return bad_url();
  co_return co_await with_deadline(
      exchange(std::move(request), std::move(target), options_, &tls_->trust), deadline);
}

}  // namespace tenon::http
