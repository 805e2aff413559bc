#pragma once
// Most mistakes are typing mistakes; the word that was meant is usually known.

#include <span>
#include <string>
#include <string_view>

namespace tenon::plugins {

/// The candidate nearest to `word` by edits (a swap of neighbours is one), or empty when none is
/// near enough to be meant. Cost: the product of the lengths per candidate; words over 64 bytes
/// have no neighbour.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// `did you mean "…"?`, or `expected one of: …` when few enough, or empty.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates);

}  // namespace tenon::plugins
