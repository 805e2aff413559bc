#include "plugins/manifest/suggest.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tenon::plugins {
namespace {

constexpr std::size_t kLongest = 64;
constexpr std::size_t kListed = 16;

std::size_t distance(std::string_view left, std::string_view right) {
  std::array<std::array<std::size_t, kLongest + 1>, 3> rows{};
  for (std::size_t column = 0; column <= right.size(); ++column) rows[0][column] = column;
  for (std::size_t row = 1; row <= left.size(); ++row) {
    auto& current = rows[row % 3];
    const auto& above = rows[(row + 2) % 3];
    const auto& before = rows[(row + 1) % 3];
    current[0] = row;
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const bool same = left[row - 1] == right[column - 1];
      current[column] = std::min(
          {above[column] + 1, current[column - 1] + 1, above[column - 1] + (same ? 0U : 1U)});
      if (row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
          left[row - 2] == right[column - 1])
        current[column] = std::min(current[column], before[column - 2] + 1);
    }
  }
  return rows[left.size() % 3][right.size()];
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_for_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kLongest) return {};
  for (const auto candidate : candidates)
    if (equal_but_for_case(word, candidate)) return candidate;
  for (const auto candidate : candidates)
    if (word.size() >= 2 && candidate.starts_with(word)) return candidate;
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongest) continue;
    const auto edits = distance(word, candidate);
    if (edits < best_distance && edits < candidate.size()) {
      best = candidate;
      best_distance = edits;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  if (const auto best = nearest(word, candidates); !best.empty())
    return "did you mean \"" + std::string(best) + "\"?";
  if (candidates.empty() || candidates.size() > kListed) return {};
  std::string text = "expected one of: ";
  for (std::size_t i = 0; i < candidates.size(); ++i)
    text.append(i == 0 ? "" : ", ").append(candidates[i]);
  return text;
}

}  // namespace tenon::plugins
