#pragma once
// The `Prefer` header (RFC 7240) as PostgREST uses it.

#include "data/query.h"
#include "http/request.h"

namespace tenon::api {

enum class Return : std::uint8_t { minimal, headers_only, representation };

struct Preferences {
  Return what = Return::minimal;
  data::Count count = data::Count::none;
  std::size_t max_affected = 1000;  // rows of a filtered change
};

/// Unknown preferences are ignored, as the RFC asks. Errors: invalid (`prefer.value`) for a wrong
/// value of a known one.
[[nodiscard]] Result<Preferences> preferences_of(const http::Request& request);

}  // namespace tenon::api
