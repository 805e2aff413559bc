#include "api/trace.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/hash.h"
#include "http/ascii.h"

namespace tenon::api {
namespace {

constexpr std::size_t kTraceFrom = 3;
constexpr std::size_t kTraceSize = 32;
constexpr std::size_t kSpanFrom = kTraceFrom + kTraceSize + 1;
constexpr std::size_t kSpanSize = 16;
constexpr std::size_t kFlagsFrom = kSpanFrom + kSpanSize + 1;
constexpr std::size_t kSize = kFlagsFrom + 2;

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

/// The trace-id of a `traceparent`, by the rules for versions known and to come; empty when wrong.
std::string_view trace_id_in(std::string_view text) {
  if (text.size() < kSize ||
      (text.size() > kSize && (text.starts_with("00") || text[kSize] != '-')))
    return {};
  if (text[2] != '-' || text[kSpanFrom - 1] != '-' || text[kFlagsFrom - 1] != '-') return {};
  const auto version = text.substr(0, 2);
  const auto trace = text.substr(kTraceFrom, kTraceSize);
  const auto span = text.substr(kSpanFrom, kSpanSize);
  const bool good = is_lower_hex(version) && version != "ff" && is_lower_hex(trace) &&
                    !is_zero(trace) && is_lower_hex(span) && !is_zero(span) &&
                    is_lower_hex(text.substr(kFlagsFrom, 2));
  return good ? trace : std::string_view{};
}

}  // namespace

Trace trace_of(const http::Request& request, Random& random) {
  std::string_view found;
  std::size_t fields = 0;
  request.for_each_header([&](std::string_view name, std::string_view value) {
    if (!http::same_without_case(name, "traceparent")) return;
    ++fields;
    found = trace_id_in(value);
  });
  const auto bytes = fields == 1 ? from_hex(found) : std::nullopt;
  if (!bytes || bytes->size() != kTraceSize / 2) return new_trace(random);
  Trace trace{.id = {}, .text = std::string(found)};
  std::ranges::transform(*bytes, trace.id.value.bytes.begin(),
                         [](auto byte) { return static_cast<std::uint8_t>(byte); });
  return trace;
}

Trace new_trace(Random& random) {
  Trace trace;
  random.fill(std::as_writable_bytes(std::span(trace.id.value.bytes)));
  trace.text = hex(trace.id.value.bytes);
  return trace;
}

std::string traceparent_of(std::string_view trace, Random& random) {
  std::array<std::uint8_t, kSpanSize / 2> span{};
  random.fill(std::as_writable_bytes(std::span(span)));
  return "00-" + std::string(trace) + "-" + hex(span) + "-01";
}

}  // namespace tenon::api
