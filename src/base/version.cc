#include "base/version.h"

#include <algorithm>
#include <charconv>

namespace tenon {
namespace {

constexpr std::size_t kLongest = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}
bool is_number(std::string_view text) { return std::ranges::all_of(text, is_digit); }

/// A number of SemVer: digits without a leading zero, in 32 bits.
std::optional<std::uint32_t> parse_number(std::string_view text) {
  if (text.empty() || !is_number(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view cut(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return head;
}

bool are_identifiers(std::string_view text, bool leading_zero_allowed) {
  if (text.empty() || text.back() == '.') return false;
  while (!text.empty()) {
    const auto part = cut(text, '.');
    if (part.empty() || !std::ranges::all_of(part, is_identifier_char)) return false;
    if (!leading_zero_allowed && is_number(part) && part.size() > 1 && part[0] == '0') return false;
  }
  return true;
}

std::strong_ordering compare_identifiers(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const auto a = cut(left, '.');
    const auto b = cut(right, '.');
    if (a == b) continue;
    const bool a_number = is_number(a);
    if (a_number != is_number(b))
      return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
    if (a_number && a.size() != b.size()) return a.size() <=> b.size();
    return a <=> b;
  }
  return left.size() <=> right.size();
}

/// `1`, `1.2` or a whole version; `parts` says how many numbers were written.
std::optional<Version> parse_partial(std::string_view text, int& parts) {
  const auto dots = std::ranges::count(text.substr(0, text.find_first_of("-+")), '.');
  parts = static_cast<int>(dots) + 1;
  if (parts == 3) return Version::parse(text);
  if (parts > 3) return std::nullopt;
  Version version;
  const auto major = parse_number(cut(text, '.'));
  if (!major) return std::nullopt;
  version.major = *major;
  if (parts == 2) {
    const auto minor = parse_number(text);
    if (!minor) return std::nullopt;
    version.minor = *minor;
  }
  return version;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  Version version;
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    version.build = text.substr(plus + 1);
    if (!are_identifiers(version.build, true)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    version.prerelease = text.substr(dash + 1);
    if (!are_identifiers(version.prerelease, false)) return std::nullopt;
    text = text.substr(0, dash);
  }
  if (std::ranges::count(text, '.') != 2) return std::nullopt;
  const auto major = parse_number(cut(text, '.'));
  const auto minor = parse_number(cut(text, '.'));
  const auto patch = parse_number(text);
  if (!major || !minor || !patch) return std::nullopt;
  version.major = *major;
  version.minor = *minor;
  version.patch = *patch;
  return version;
}

std::string Version::text() const {
  std::string text =
      std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  if (!prerelease.empty()) text.append("-").append(prerelease);
  if (!build.empty()) text.append("+").append(build);
  return text;
}

std::strong_ordering operator<=>(const Version& left, const Version& right) {
  if (const auto order = left.major <=> right.major; order != 0) return order;
  if (const auto order = left.minor <=> right.minor; order != 0) return order;
  if (const auto order = left.patch <=> right.patch; order != 0) return order;
  if (left.prerelease.empty() || right.prerelease.empty())
    return left.prerelease.empty() <=> right.prerelease.empty();
  return compare_identifiers(left.prerelease, right.prerelease);
}

bool VersionRange::add(std::string_view term) {
  using enum Operator;
  const auto take = [&](std::string_view prefix) {
    if (!term.starts_with(prefix)) return false;
    term.remove_prefix(prefix.size());
    return true;
  };
  const bool caret = take("^");
  const bool tilde = !caret && take("~");
  auto op = equal;
  if (!caret && !tilde)
    op = take(">=")   ? greater_equal
         : take("<=") ? less_equal
         : take(">")  ? greater
         : take("<")  ? less
                      : (take("="), equal);
  int parts = 0;
  const auto version = parse_partial(term, parts);
  if (!version) return false;
  if (!caret && !tilde) {
    if (parts < 3 && (op == equal || op == greater || op == less_equal)) return false;
    bounds_.push_back({op, *version});
    return true;
  }
  Version next;
  if (tilde || (caret && version->major == 0 && parts >= 2))
    next = parts == 1 ? Version{.major = version->major + 1}
           : caret && version->minor == 0 && parts == 3
               ? Version{.patch = version->patch + 1}
               : Version{.major = version->major, .minor = version->minor + 1};
  else
    next = Version{.major = version->major + 1};
  bounds_.push_back({greater_equal, *version});
  bounds_.push_back({less, next});
  return true;
}

std::optional<VersionRange> VersionRange::parse(std::string_view text) {
  if (text.empty() || text.size() > kLongest) return std::nullopt;
  VersionRange range;
  range.text_ = text;
  if (text == "*") return range;
  while (true) {
    const auto term = cut(text, ' ');
    if (!range.add(term)) return std::nullopt;
    if (text.empty()) return range;
  }
}

bool VersionRange::contains(const Version& version) const {
  bool prerelease_named = version.prerelease.empty();
  for (const auto& [op, bound] : bounds_) {
    const auto order = version <=> bound;
    const bool holds = op == Operator::less            ? order < 0
                       : op == Operator::less_equal    ? order <= 0
                       : op == Operator::equal         ? order == 0
                       : op == Operator::greater_equal ? order >= 0
                                                       : order > 0;
    if (!holds) return false;
    prerelease_named =
        prerelease_named || (!bound.prerelease.empty() && bound.major == version.major &&
                             bound.minor == version.minor && bound.patch == version.patch);
  }
  return prerelease_named;
}

}  // namespace tenon
