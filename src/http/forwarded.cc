#include "http/forwarded.h"

#include <boost/asio/ip/address_v4_range.hpp>
#include <boost/asio/ip/address_v6_range.hpp>
#include <boost/system/error_code.hpp>

#include "http/ascii.h"

namespace tenon::http {
namespace {

using boost::system::error_code;

asio::ip::address parse_address(std::string_view text, error_code& error) {
  auto address = asio::ip::make_address(text, error);
  if (!error && address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address;
}

/// The pieces of all fields of that name, in order.
std::vector<std::string_view> list_of(const Head& head, std::string_view name) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    if (!same_without_case(head.field_name(i), name)) continue;
    split(head.field_value(i), ',', [&](std::string_view piece) { pieces.push_back(piece); });
  }
  return pieces;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& texts) {
  TrustedProxies made;
  for (const std::string& text : texts) {
    error_code error;
    const bool network = text.find('/') != std::string::npos;
    if (text.find(':') == std::string::npos) {
      const auto four = asio::ip::make_network_v4(network ? text : text + "/32", error);
      if (!error) made.four_.push_back(four.canonical());
    } else {
      const auto six = asio::ip::make_network_v6(network ? text : text + "/128", error);
      if (!error) made.six_.push_back(six.canonical());
    }
    if (error)
      return fail(Error(ErrorCode::invalid,
                        "\"" + text + "\" is no address and no network such as 10.0.0.0/8")
                      .because("http.trusted_proxies"));
  }
  return made;
}

bool TrustedProxies::trusts(const asio::ip::address& address) const noexcept {
  if (address.is_v4()) {
    for (const auto& network : four_) {
      const auto mask = network.netmask().to_uint();
      if ((address.to_v4().to_uint() & mask) == network.address().to_uint()) return true;
    }
    return false;
  }
  const auto bytes = address.to_v6().to_bytes();
  for (const auto& network : six_) {
    const auto wanted = network.address().to_bytes();
    unsigned left = network.prefix_length();
    bool same = true;
    for (std::size_t i = 0; i < bytes.size() && left > 0 && same; ++i) {
      const unsigned bits = left < 8 ? left : 8;
      const auto mask = static_cast<unsigned>(0xFF << (8 - bits)) & 0xFFU;
      same = (bytes[i] & mask) == (wanted[i] & mask);
      left -= bits;
    }
    if (same) return true;
  }
  return false;
}

std::string TrustedProxies::client(const Head& head) const {
  const auto chain = list_of(head, "X-Forwarded-For");
  for (std::size_t i = chain.size(); i-- > 0;) {
    error_code error;
    const auto address = parse_address(chain[i], error);
    if (error) return {};
    if (!trusts(address) || i == 0) return address.to_string();
  }
  return {};
}

Transport TrustedProxies::transport(const Head& head) {
  const auto words = list_of(head, "X-Forwarded-Proto");
  return !words.empty() && same_without_case(words.back(), "https") ? Transport::tls
                                                                    : Transport::plain;
}

}  // namespace tenon::http
