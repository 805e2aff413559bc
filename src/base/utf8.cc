#include "base/utf8.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"

namespace tenon::utf8 {
namespace {

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

icu::StringPiece piece(std::string_view text) {
  TENON_ASSERT(text.size() <= INT32_MAX);
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

/// ICU fails here only without memory or without its own data.
void need_success(UErrorCode status) {
  if (U_FAILURE(status)) TENON_FATAL(u_errorName(status));
}

}  // namespace

std::optional<std::size_t> first_invalid_byte(std::string_view text) noexcept {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    UChar32 code_point = 0;
    U8_NEXT(bytes, at, text.size(), code_point);  // NOLINT(bugprone-inc-dec-in-conditions): ICU's
    if (code_point < 0) return start;
  }
  return std::nullopt;
}

bool is_valid(std::string_view text) noexcept { return !first_invalid_byte(text); }

std::size_t count_code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string_view truncated(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

std::string to_nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(status);
  need_success(status);
  std::string out;
  out.reserve(text.size());
  icu::StringByteSink<std::string> sink(&out);
  nfc->normalizeUTF8(0, piece(text), sink, nullptr, status);
  need_success(status);
  return out;
}

std::string fold(std::string_view text) {
  std::string folded(text);
  if (is_ascii(text)) {
    for (char& c : folded)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return folded;
  }
  // Folding may take a composed letter apart, and composing may bring a capital together again, so
  // one more round makes the key stable.
  for (int round = 0; round < 2; ++round) {
    const std::string normal = to_nfc(folded);
    UErrorCode status = U_ZERO_ERROR;
    folded.clear();
    icu::StringByteSink<std::string> sink(&folded);
    icu::CaseMap::utf8Fold(0, piece(normal), sink, nullptr, status);
    need_success(status);
  }
  return to_nfc(folded);
}

}  // namespace tenon::utf8
