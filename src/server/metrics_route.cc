#include "server/metrics_route.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "base/hash.h"
#include "http/ascii.h"

namespace tenon::server {
namespace {

constexpr std::size_t kShortestToken = 16;

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

/// A proxy on this machine that nobody configured as trusted looks like a local client.
bool speaks_for_itself(const http::Request& request) {
  constexpr std::array<std::string_view, 5> kOfProxies = {"X-Forwarded-For", "X-Forwarded-Proto",
                                                          "X-Real-IP", "Forwarded", "Via"};
  return std::ranges::none_of(kOfProxies,
                              [&](auto name) { return request.header(name).has_value(); });
}

bool knows(const http::Request& request, const Secret<std::string>& token) {
  constexpr std::string_view kScheme = "bearer ";
  const auto header = request.header("Authorization").value_or("");
  if (header.size() <= kScheme.size() ||
      !http::same_without_case(header.substr(0, kScheme.size()), kScheme))
    return false;
  const Digest given = sha256(header.substr(kScheme.size()));
  return equal_in_constant_time(given, sha256(token.reveal()));
}

asio::awaitable<http::Response> answer(Metrics* metrics, const Secret<std::string>* token,
                                       http::Request request) {
  const bool allowed = token->reveal().empty()
                           ? is_loopback(request.remote_address()) && speaks_for_itself(request)
                           : knows(request, *token);
  if (!allowed) co_return http::Response::text(403, "metrics are for the operator\n");
  http::Response response(200);
  response.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
      .set("Cache-Control", "no-store")
      .set_body(metrics->text());
  co_return response;
}

}  // namespace

Result<Secret<std::string>> read_token(const std::string& file) {
  if (file.empty()) return Secret<std::string>();
  std::ifstream stream(file);
  std::string token;
  std::getline(stream, token);
  const bool visible = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!visible || token.size() < kShortestToken)
    return fail(
        Error(ErrorCode::invalid, "metrics.token_file " + file +
                                      " must hold one line of at least 16 visible characters")
            .because("metrics.token"));
  return Secret<std::string>(std::move(token));
}

std::vector<http::Route> metrics_routes(Metrics& metrics, Secret<std::string> token) {
  // shared: the route is copied into the router's tables
  auto kept = std::make_shared<const Secret<std::string>>(std::move(token));
  return {{.method = http::Method::get,
           .pattern = "/metrics",
           .handler =
               [metrics = &metrics, kept](http::Request request) {
                 return answer(metrics, kept.get(), std::move(request));
               },
           .sheddable = false}};
}

}  // namespace tenon::server
