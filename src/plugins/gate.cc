#include "plugins/gate.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace tenon::plugins {
namespace {

constexpr std::size_t kPreamble = 8;  // magic, version, layer
constexpr std::uint8_t kComponentSection = 4;

/// An unsigned LEB128 of at most 32 bits; empty when it is cut or too long.
std::optional<std::uint32_t> read_length(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35 && at < bytes.size(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes[at++]);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) {
      if (value > UINT32_MAX) return std::nullopt;
      return static_cast<std::uint32_t>(value);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<> check_gate(std::string_view component) {
  std::vector<std::size_t> ends = {
      component.size()};  // of the component we are in, and of those around it
  std::size_t at = kPreamble;
  while (!ends.empty()) {
    if (at >= ends.back()) {
      ends.pop_back();
      continue;
    }
    const auto section = static_cast<std::uint8_t>(component[at++]);
    const auto length = read_length(component, at);
    if (!length || *length > ends.back() - std::min(at, ends.back()))
      return {};  // the engine says what is wrong
    if (section != kComponentSection || *length < kPreamble) {
      at += *length;
      continue;
    }
    if (ends.size() > kMaxNesting)
      return fail(
          Error(ErrorCode::invalid, "components are nested deeper than 32").because("wasm.nested"));
    ends.push_back(at + *length);
    at += kPreamble;
  }
  return {};
}

}  // namespace tenon::plugins
