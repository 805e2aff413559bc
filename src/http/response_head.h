#pragma once
// The wire form of an answer's head, appended to a reused buffer.

#include <cstdint>
#include <string>

#include "http/response.h"

namespace tenon::http {

enum class BodyFraming { none, length, chunked, until_close };

struct HeadShape {
  BodyFraming framing = BodyFraming::length;
  std::size_t body_bytes = 0;
  int minor_version = 1;
  bool keep_alive = true;
};

/// `Date` is refreshed once a second per thread. Cost: appends only.
void append_head(std::string& out, const Response& response, const HeadShape& shape);

/// One chunk of a chunked body. Requires: `piece` is not empty, since an empty chunk ends the body.
void append_chunk(std::string& out, std::string_view piece);

/// True for answers that never have a body (1xx, 204, 304).
[[nodiscard]] constexpr bool is_bodiless(int status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace tenon::http
