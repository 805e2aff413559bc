#pragma once
// A client may ask for a value in another form than its own: `credit_limit::float8` gives a JSON
// number where a decimal is a text. The JSON text is rewritten, no value is computed.

#include <cstddef>
#include <string>

#include "data/query.h"

namespace tenon::data {

/// Rewrites the JSON value that `out` has from `from` to its end. Requires: the question was read
/// by SelectReader, which knows which values can be cast.
void recast(std::string& out, std::size_t from, Cast cast);

}  // namespace tenon::data
