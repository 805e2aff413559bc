#pragma once
// Where a text comes apart for searching. Scripts that put spaces between words give words;
// Chinese, Japanese and Korean give runs that the caller cuts further.

#include <cstdint>
#include <string_view>
#include <vector>

namespace tenon::utf8 {

enum class SegmentKind : std::uint8_t { word, ideographs };

/// Lifetime: of the text.
struct Segment {
  std::string_view text;
  SegmentKind kind = SegmentKind::word;
};

/// Letters, digits and marks, in order; all else separates. Requires: valid text.
[[nodiscard]] std::vector<Segment> segments(std::string_view text);

/// The code points of a text, each as its bytes. Requires: valid text. Lifetime: of the text.
[[nodiscard]] std::vector<std::string_view> code_points(std::string_view text);

}  // namespace tenon::utf8
