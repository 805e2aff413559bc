#pragma once
// `Content-Disposition` for a stored file (RFC 6266): the name as it is for those who read UTF-8,
// and an ASCII one for the others.

#include <string>
#include <string_view>

namespace tenon::api {

enum class Disposition : std::uint8_t { attachment, inline_ };

[[nodiscard]] std::string content_disposition(Disposition disposition, std::string_view name);

}  // namespace tenon::api
