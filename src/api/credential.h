#pragma once
// What a request shows to prove who sent it: a program the token behind `Bearer`, a browser its
// cookie. A request with both is the program's.

#include <optional>
#include <string>

#include "api/cookie_policy.h"
#include "http/request.h"
#include "identity/principal.h"

namespace tenon::api {

struct Credential {
  std::string token;
  identity::Proof proof = identity::Proof::none;
};

/// `policy` is that of the server.
[[nodiscard]] std::optional<Credential> credential_of(const http::Request& request,
                                                      CookiePolicy policy);

}  // namespace tenon::api
