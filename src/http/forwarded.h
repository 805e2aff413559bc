#pragma once
// Behind a reverse proxy every connection comes from the proxy. Who the client is stands in fields
// that any client can write as well, so they are believed from configured proxies only, and only
// as far as the chain of such proxies reaches. Private to the room.

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "http/head_check.h"
#include "http/transport.h"

namespace tenon::http {

class TrustedProxies {
 public:
  TrustedProxies() = default;
  /// Addresses and networks. Errors: invalid (`http.trusted_proxies`) naming the first wrong one.
  [[nodiscard]] static Result<TrustedProxies> parse(const std::vector<std::string>& texts);

  [[nodiscard]] bool empty() const noexcept { return four_.empty() && six_.empty(); }
  [[nodiscard]] bool trusts(const asio::ip::address& address) const noexcept;

  /// The client behind a trusted peer: the last address of `X-Forwarded-For` that is no proxy of
  /// ours. Empty when the field is missing or is not a list of addresses.
  [[nodiscard]] std::string client(const Head& head) const;
  /// By the last word of `X-Forwarded-Proto`.
  [[nodiscard]] static Transport transport(const Head& head);

 private:
  std::vector<asio::ip::network_v4> four_;
  std::vector<asio::ip::network_v6> six_;
};

}  // namespace tenon::http
