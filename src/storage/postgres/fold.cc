#include "storage/postgres/fold.h"

namespace tenon::storage::postgres {

/// Lower, upper and lower again is the full case fold but for a handful of code points.
std::string fold_function() {
  return R"sql(CREATE FUNCTION tenon_fold(TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT
PARALLEL SAFE AS $f$ SELECT normalize(lower(upper(lower($1 COLLATE "und-x-icu") COLLATE "und-x-icu")
COLLATE "und-x-icu"), NFC) COLLATE "C" $f$)sql";
}

}  // namespace tenon::storage::postgres
