#pragma once
// In which form a client wants rows (RFC 9110 `Accept`, in PostgREST's media types): an array, a
// single object, or CSV; with or without members that are null.

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "http/request.h"

namespace tenon::api {

enum class Media : std::uint8_t { array, object, csv };

struct Form {
  Media media = Media::array;
  bool strip_nulls = false;
};

/// The first of the acceptable ones that is known, by their weights. Errors: invalid
/// (`http.not_acceptable`).
[[nodiscard]] Result<Form> form_of(const http::Request& request);
[[nodiscard]] std::string_view content_type(Form form) noexcept;

}  // namespace tenon::api
