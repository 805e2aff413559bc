#pragma once
// `tenon_fold(text)`, the Unicode case fold, in PostgreSQL's own words.

#include <string>

namespace tenon::storage::postgres {

/// CREATE FUNCTION of `tenon_fold(text)` for the current schema. It gives for every text what
/// utf8::fold() gives; a test compares them code point by code point.
[[nodiscard]] std::string fold_function();

}  // namespace tenon::storage::postgres
