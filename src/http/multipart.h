#pragma once
// A browser or curl uploads files as multipart/form-data (RFC 7578, framing of RFC 2046 §5.1). The
// whole body is in memory and bounded by the listener, so the parts are views into it.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::http {

/// One part. Lifetime: `content` points into the parsed body.
struct Part {
  std::string name;
  std::string file_name;     // as sent, for recognition only: never a path to open
  std::string content_type;  // empty when not given
  std::string_view content;
};

/// Splits `body` by the boundary of `content_type`.
/// Errors: invalid with reason `http.media_type` when it is not multipart/form-data with a
/// boundary, `multipart.*` when the framing is wrong, more than 16 parts are sent, or a part has no
/// name.
[[nodiscard]] Result<std::vector<Part>> parse_multipart(std::string_view content_type,
                                                        std::string_view body);

}  // namespace tenon::http
