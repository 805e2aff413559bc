#pragma once
// What a file is, told by its first bytes. A name or a header of the sender says nothing: a page
// that calls itself a picture must not be shown as one.

#include <cstddef>
#include <string_view>

namespace tenon::data {

/// So many bytes decide.
inline constexpr std::size_t kSniffBytes = 512;

/// The media type of content that begins with `head` (kSniffBytes of it, or all there is):
/// `application/pdf`, `image/png` …, `text/plain` for UTF-8 text without control characters;
/// `text/html` and `image/svg+xml` where a browser might see markup; else
/// `application/octet-stream`.
[[nodiscard]] std::string_view sniff(std::string_view head) noexcept;

/// Whether a browser may show the type inside a page; all others are for saving only. Markup never.
[[nodiscard]] bool may_show_inline(std::string_view type) noexcept;

}  // namespace tenon::data
