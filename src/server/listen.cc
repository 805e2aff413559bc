#include "server/listen.h"

#include <charconv>

namespace tenon::server {

Result<> parse_listen(const std::string& text, http::Options& options) {
  const auto bad = [&] {
    return fail(Error(ErrorCode::invalid, "--listen wants ADDRESS:PORT, got \"" + text + "\"")
                    .because("server.listen"));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return bad();
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, options.port);
  if (error != std::errc{} || stop != end) return bad();
  options.address = text.substr(0, colon);
  const std::string& address = options.address;
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    options.address = address.substr(1, address.size() - 2);
  if (options.address.empty()) return bad();
  return {};
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

std::string address_of(const http::Options& options, std::uint16_t port) {
  const std::string& host = options.address;
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (options.tls.certificate.empty() ? "http://" : "https://") + shown + ":" +
         std::to_string(port);
}

}  // namespace tenon::server
