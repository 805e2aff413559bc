#include "api/credential.h"

#include <string_view>

#include "http/cookie.h"

namespace tenon::api {

std::optional<Credential> credential_of(const http::Request& request, CookiePolicy policy) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto header = request.header("Authorization");
  if (header && header->starts_with(kScheme))
    return Credential{.token = std::string(header->substr(kScheme.size())),
                      .proof = identity::Proof::token};
  const auto cookie = http::find_cookie(request, policy.over(request.transport()).name());
  if (!cookie) return std::nullopt;
  return Credential{.token = std::string(*cookie), .proof = identity::Proof::session};
}

}  // namespace tenon::api
