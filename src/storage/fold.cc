#include "storage/fold.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <algorithm>

#include "base/error.h"

namespace tenon::storage {
namespace {

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

icu::StringPiece piece(std::string_view text) {
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

std::string apply_nfc(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) TENON_FATAL("ICU has no NFC data");
  if (nfc->isNormalizedUTF8(piece(text), status) && U_SUCCESS(status)) return std::string(text);
  status = U_ZERO_ERROR;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  nfc->normalizeUTF8(0, piece(text), sink, nullptr, status);
  if (U_FAILURE(status)) TENON_FATAL("ICU failed to normalise");
  return out;
}

}  // namespace

std::string normalize(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  return apply_nfc(text);
}

std::string fold(std::string_view text) {
  std::string out;
  if (is_ascii(text)) {
    out.resize(text.size());
    std::ranges::transform(text, out.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&out);
  icu::CaseMap::utf8Fold(0, piece(apply_nfc(text)), sink, nullptr, status);
  if (U_FAILURE(status)) TENON_FATAL("ICU failed to fold");
  return apply_nfc(out);
}

}  // namespace tenon::storage
