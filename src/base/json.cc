#include "base/json.h"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

namespace tenon::json {
namespace {

using boost::json::error;
using boost::json::error_code;
using boost::json::string_view;

constexpr std::size_t kShownName = 100;  // bytes of a client's text in a message

/// The events of the parser that neither of the two handlers below cares about.
struct QuietHandler {
  // The hash table of Boost.JSON has no secret seed, so members beyond this would let a client
  // choose colliding names and make one request cost seconds.
  static constexpr std::size_t max_object_size = 16'384;
  static constexpr std::size_t max_array_size = array::max_size();
  static constexpr std::size_t max_key_size = string::max_size();
  static constexpr std::size_t max_string_size = string::max_size();

  // The names are those that Boost.JSON calls.
  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

/// Builds the value and counts the members that the text names.
struct BuildHandler : QuietHandler {
  boost::json::value_stack stack;
  std::string number;
  std::size_t members = 0;

  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t count, error_code&) {
    members += count;
    stack.push_object(count);
    return true;
  }
  bool on_array_end(std::size_t count, error_code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(string_view rest, std::size_t, error_code&) {
    stack.push_key(rest);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(string_view rest, std::size_t, error_code&) {
    stack.push_string(rest);
    return true;
  }
  bool on_number_part(string_view part, error_code&) {
    number.append(part);
    return true;
  }
  bool on_int64(std::int64_t integer, string_view, error_code&) {
    number.clear();
    stack.push_int64(integer);
    return true;
  }
  bool on_uint64(std::uint64_t integer, string_view, error_code&) {
    number.clear();
    stack.push_uint64(integer);
    return true;
  }
  /// Boost's own conversion may be off by one unit in the last place, so its text is read again.
  bool on_double(double approximate, string_view rest, error_code& error_out) {
    number.append(rest);
    double exact = 0;
    const auto [end, status] = std::from_chars(number.data(), number.data() + number.size(), exact);
    if (status == std::errc::result_out_of_range && std::abs(approximate) < 1) {
      exact = std::copysign(0.0, approximate);
    } else if (status != std::errc() || end != number.data() + number.size()) {
      error_out = error::exponent_overflow;
      return false;
    }
    number.clear();
    stack.push_double(exact);
    return true;
  }
  bool on_bool(bool boolean, error_code&) {
    stack.push_bool(boolean);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
};

/// Stops at the first name that its object already has.
struct DuplicateHandler : QuietHandler {
  std::vector<std::set<std::string, std::less<>>> open;
  std::string name;

  bool on_object_begin(error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    open.pop_back();
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    name.append(part);
    return true;
  }
  bool on_key(string_view rest, std::size_t, error_code& error_out) {
    name.append(rest);
    if (!open.back().insert(name).second) {
      error_out = error::extra_data;
      return false;
    }
    name.clear();
    return true;
  }
};

boost::json::parse_options options_of(const ParseLimits& limits) {
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  return options;
}

Error refusal(std::string_view reason, std::string_view what, std::size_t offset) {
  return Error(ErrorCode::invalid, fmt::format("{} (byte {})", what, offset))
      .because(std::string(reason))
      .with_details(fmt::format("{{\"byte\":{}}}", offset));
}

Error syntax_error(const error_code& code, std::size_t offset) {
  if (code == error::too_deep)
    return refusal("json.depth", "The JSON is nested too deeply", offset);
  if (code == error::object_too_large)
    return refusal("json.size", "An object of the JSON has too many members", offset);
  if (code == error::exponent_overflow)
    return refusal("json.syntax", "A number of the JSON is out of range", offset);
  return refusal("json.syntax", fmt::format("The JSON is wrong: {}", code.message()), offset);
}

/// How many members the value has, in all objects at every depth. A duplicate name makes this
/// smaller than the number of members in the text.
std::size_t count_members(const value& root) {
  std::size_t members = 0;
  std::vector<const value*> rest{&root};
  while (!rest.empty()) {
    const value& next = *rest.back();
    rest.pop_back();
    if (const auto* members_of = next.if_object()) {
      members += members_of->size();
      for (const auto& member : *members_of)
        if (member.value().is_structured()) rest.push_back(&member.value());
    } else if (const auto* elements = next.if_array()) {
      for (const auto& element : *elements)
        if (element.is_structured()) rest.push_back(&element);
    }
  }
  return members;
}

Error duplicate_error(std::string_view text, const ParseLimits& limits) {
  boost::json::basic_parser<DuplicateHandler> parser(options_of(limits));
  error_code code;
  const std::size_t offset = parser.write_some(false, text.data(), text.size(), code);
  return refusal("json.duplicate",
                 fmt::format("The JSON names \"{}\" twice in one object",
                             std::string_view(parser.handler().name).substr(0, kShownName)),
                 offset);
}

}  // namespace

Result<value> parse(std::string_view text, ParseLimits limits) {
  if (text.size() > limits.bytes)
    return fail(refusal("json.size", fmt::format("The JSON is larger than {} bytes", limits.bytes),
                        limits.bytes));
  boost::json::basic_parser<BuildHandler> parser(options_of(limits));
  auto& handler = parser.handler();
  handler.stack.reset();
  error_code code;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  if (code) return fail(syntax_error(code, read));
  if (read < text.size())
    return fail(refusal("json.syntax", "The JSON is followed by other text", read));

  value root = handler.stack.release();
  if (handler.members > 0 && count_members(root) != handler.members)
    return fail(duplicate_error(text, limits));
  return root;
}

Result<object> parse_object(std::string_view text, ParseLimits limits) {
  TENON_ASSIGN(root, parse(text, limits));
  if (!root.is_object())
    return fail(Error(ErrorCode::invalid, "The JSON is not an object").because("json.not_object"));
  return std::move(root.get_object());
}

}  // namespace tenon::json
