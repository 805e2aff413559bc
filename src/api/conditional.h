#pragma once
// Versions of records as entity tags (RFC 9110 section 13): who read version 7 may say so, and
// learns when it is not the stored one any more.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/request.h"

namespace tenon::api {

[[nodiscard]] std::string etag_of(std::uint64_t version);
/// The version that `If-Match: "7"` names; `*` and a missing header mean any. Errors: invalid
/// (`http.if_match`).
[[nodiscard]] Result<std::optional<std::uint64_t>> expected_version(const http::Request& request);
/// Whether `If-None-Match` names `etag` among others, weak or not, or is `*`.
[[nodiscard]] bool is_known(const http::Request& request, std::string_view etag);

}  // namespace tenon::api
