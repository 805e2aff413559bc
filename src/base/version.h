#pragma once
// Plugins name each other by version, and the platform by its own. Versions are those of Semantic
// Versioning 2.0; requirements are the forms people know from package managers, nothing more.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// `1.2.3` or `1.2.3-beta.1`; build metadata (`+…`) is kept as text and never compared.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  std::string prerelease;
  std::string build;

  /// Nothing unless `text` is a whole, strict SemVer 2.0 version of at most 63 bytes.
  [[nodiscard]] static std::optional<Version> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  /// Precedence of SemVer 2.0 (11): a prerelease is before its release.
  friend std::strong_ordering operator<=>(const Version& left, const Version& right);
  friend bool operator==(const Version& left, const Version& right) {
    return (left <=> right) == std::strong_ordering::equal;
  }
};

/// `^1.2`, `~1.2.3`, `1.2.3` (exactly), `>=1.0 <2.0` (all hold), `*`.
class VersionRange {
 public:
  /// Any version.
  VersionRange() = default;
  [[nodiscard]] static std::optional<VersionRange> parse(std::string_view text);
  /// A prerelease is inside only when a bound names a prerelease of the same release.
  [[nodiscard]] bool contains(const Version& version) const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  enum class Operator : std::uint8_t { less, less_equal, equal, greater_equal, greater };
  struct Bound {
    Operator op;
    Version version;
  };
  [[nodiscard]] bool add(std::string_view term);

  std::vector<Bound> bounds_;  // all must hold
  std::string text_ = "*";
};

}  // namespace tenon
