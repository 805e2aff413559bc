#include "server/webhook_port.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tenon::server {
namespace {

constexpr std::size_t kAnswer = std::size_t{64} << 10U;  // of which little is kept

http::OutboundOptions bounded(http::OutboundOptions options) {
  options.answer_bytes = std::min(options.answer_bytes, kAnswer);
  return options;
}

/// Whether a host is an address and no name.
bool is_address(std::string_view host) noexcept {
  return host.find(':') != std::string_view::npos ||
         std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

class Port final : public services::WebhookPort {
 public:
  explicit Port(http::OutboundOptions options)
      : options_(bounded(std::move(options))), outbound_(options_) {}

  Task<services::WebhookAnswer> post(services::WebhookCall call, Deadline deadline) const override {
    TENON_CO_ASSIGN(answer, co_await outbound_.send({.method = http::Method::post,
                                                     .url = std::move(call.url),
                                                     .fields = std::move(call.fields),
                                                     .body = std::move(call.body)},
                                                    deadline));
    co_return services::WebhookAnswer{.status = answer.status, .body = std::move(answer.body)};
  }

  bool may_have(const std::string& url) const override {
    const auto target = http::target_of(url);
    if (!target) return false;
    const bool address = is_address(target->host);
    if (address && !http::may_call(target->host, options_)) return false;
    if (target->host == "localhost") return options_.loopback;
    // Without TLS nobody but this machine is called.
    const bool here =
        options_.loopback && address && (target->host.starts_with("127.") || target->host == "::1");
    return target->tls || here;
  }

 private:
  const http::OutboundOptions options_;
  const http::Outbound outbound_;
};

}  // namespace

std::unique_ptr<services::WebhookPort> webhook_port(http::OutboundOptions options) {
  return std::make_unique<Port>(std::move(options));
}

}  // namespace tenon::server
