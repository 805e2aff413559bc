#include "base/words.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <optional>

namespace tenon::utf8 {
namespace {

constexpr UChar32 kLongVowel = 0x30FC;  // the prolonged sound mark belongs to both kana scripts

bool is_mark(UChar32 c) noexcept {
  return (U_GET_GC_MASK(c) & (U_GC_MN_MASK | U_GC_MC_MASK | U_GC_ME_MASK)) != 0;
}

std::optional<SegmentKind> kind_of(UChar32 c) noexcept {
  if (c < 0x80) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return word ? std::optional(SegmentKind::word) : std::nullopt;
  }
  if ((U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK)) == 0) return std::nullopt;
  if (c == kLongVowel) return SegmentKind::ideographs;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_BOPOMOFO:
      return SegmentKind::ideographs;
    default:
      return SegmentKind::word;
  }
}

}  // namespace

std::vector<Segment> segments(std::string_view text) {
  std::vector<Segment> all;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t at = 0;
  bool open = false;
  while (at < text.size()) {
    const std::size_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, text.size(), c);  // NOLINT(bugprone-inc-dec-in-conditions): ICU's
    auto kind = c < 0 ? std::nullopt : kind_of(c);
    // A mark belongs to the letter before it, whatever its script.
    if (kind && open && is_mark(c)) kind = all.back().kind;
    if (!kind) {
      open = false;
    } else if (open && all.back().kind == *kind) {
      auto& last = all.back().text;
      last = {last.data(), last.size() + (at - start)};
    } else {
      all.push_back({text.substr(start, at - start), *kind});
      open = true;
    }
  }
  return all;
}

std::vector<std::string_view> code_points(std::string_view text) {
  std::vector<std::string_view> all;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    all.push_back(text.substr(at, end - at));
    at = end;
  }
  return all;
}

}  // namespace tenon::utf8
