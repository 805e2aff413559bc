#pragma once
// One strict JSON parser everywhere (RFC 8259): duplicate names, invalid UTF-8, depth over 64 and
// trailing text are refused, so that no two parts of the system read the same text differently.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon::json {

using boost::json::array;
using boost::json::kind;
using boost::json::object;
using boost::json::serialize;
using boost::json::string;
using boost::json::value;

struct ParseLimits {
  std::size_t bytes = std::size_t{1} << 20;
  std::size_t depth = 64;
};

/// An integer that fits 64 bits stays one; any other number becomes the nearest double.
/// Errors: invalid with reason `json.syntax`, `json.duplicate`, `json.depth`, `json.size` (also an
/// object of more than 16,384 members) and the byte offset in the message.
[[nodiscard]] Result<value> parse(std::string_view text, ParseLimits limits = {});
/// The same, and the text must be an object (`json.not_object`).
[[nodiscard]] Result<object> parse_object(std::string_view text, ParseLimits limits = {});

}  // namespace tenon::json
