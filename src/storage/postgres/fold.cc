#include "storage/postgres/fold.h"

#include <fmt/format.h>

#include <cstdint>

namespace tenon::storage::postgres {

namespace {

/// The code points of `first` … `last` as UTF-8 text; all of them take three bytes.
std::string range(std::uint32_t first, std::uint32_t last) {
  std::string text;
  for (auto code = first; code <= last; ++code) {
    text += static_cast<char>(0xE0U | code >> 12U);
    text += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    text += static_cast<char>(0x80U | (code & 0x3FU));
  }
  return text;
}

}  // namespace

/// Lower, upper and lower again is the full case fold, with three exceptions: the sigma that ends a
/// word, Cherokee (which folds to its capitals), and the dotless i, which folds to itself.
std::string fold_function() {
  const auto small = range(0xAB70, 0xABBF) + range(0x13F8, 0x13FD);
  const auto capital = range(0x13A0, 0x13EF) + range(0x13F0, 0x13F5);
  return fmt::format(
      R"sql(CREATE FUNCTION tenon_fold_part(TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT
PARALLEL SAFE AS $f$ SELECT normalize(translate(lower(upper(lower($1 COLLATE "und-x-icu")
COLLATE "und-x-icu") COLLATE "und-x-icu"), 'ς{}', 'σ{}'), NFC) COLLATE "C" $f$;
CREATE FUNCTION tenon_fold(TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $f$
SELECT CASE WHEN strpos($1, 'ı') = 0 THEN tenon_fold_part($1) ELSE (SELECT string_agg(
tenon_fold_part(p), 'ı' ORDER BY n) FROM unnest(string_to_array($1, 'ı')) WITH ORDINALITY AS
parts(p, n)) END $f$)sql",
      small, capital);
}

}  // namespace tenon::storage::postgres
