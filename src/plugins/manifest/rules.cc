#include "plugins/manifest/rules.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <memory>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/reserved.h"

namespace tenon::plugins {
namespace {

struct CloseSpoofChecker {
  void operator()(USpoofChecker* checker) const noexcept { uspoof_close(checker); }
};
using SpoofChecker = std::unique_ptr<USpoofChecker, CloseSpoofChecker>;

/// Latin with Han, Kana, Hangul or Bopomofo is how Chinese, Japanese and Korean are written; Latin
/// with Cyrillic or Greek in one word is how a name is forged.
SpoofChecker open_spoof_checker() {
  UErrorCode status = U_ZERO_ERROR;
  SpoofChecker checker(uspoof_open(&status));
  uspoof_setChecks(checker.get(), USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE, &status);
  uspoof_setRestrictionLevel(checker.get(), USPOOF_HIGHLY_RESTRICTIVE);
  return U_SUCCESS(status) ? std::move(checker) : nullptr;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_name_char(char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; }

bool is_logical_name(std::string_view text) {
  return !text.empty() && is_lower(text.front()) && std::ranges::all_of(text, is_name_char);
}

/// What the author probably meant: `CustomerName` and `customer-name` become `customer_name`.
std::string suggested_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool word_begins = is_upper(c) && !name.empty() && name.back() != '_';
    if (word_begins) name += '_';
    if (is_upper(c))
      name += static_cast<char>(c - 'A' + 'a');
    else if (is_name_char(c))
      name += c;
    else if (static_cast<unsigned char>(c) >= 0x80)
      return {};  // half of a word is no help
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (!name.empty() && !is_lower(name.front())) name.erase(0, 1);
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name.size() > kLongestName || is_reserved(name) ? std::string() : name;
}

bool is_control(UChar32 point) {
  switch (u_charType(point)) {
    case U_CONTROL_CHAR:
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
    case U_UNASSIGNED:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
      return true;
    case U_FORMAT_CHAR:
      // Joiners shape words of Persian and of Indian languages.
      return point != 0x200C && point != 0x200D;
    default:
      return false;
  }
}

/// Scripts are checked word by word: `клиент API` is fine, `сustomer` with one Cyrillic letter is
/// not.
bool mixes_scripts(const icu::UnicodeString& text) {
  static const SpoofChecker checker = open_spoof_checker();
  if (!checker) return false;
  int32_t begin = 0;
  const auto bad = [&](int32_t from, int32_t to) {
    UErrorCode status = U_ZERO_ERROR;
    return to > from &&
           uspoof_check(checker.get(), text.getBuffer() + from, to - from, nullptr, &status) != 0;
  };
  for (int32_t at = 0; at < text.length(); ++at) {
    const UChar32 point = text.char32At(at);
    if (u_isalnum(point) || u_getIntPropertyValue(point, UCHAR_CANONICAL_COMBINING_CLASS) != 0)
      continue;
    if (bad(begin, at)) return true;
    begin = at + 1;
  }
  return bad(begin, text.length());
}

}  // namespace

bool check_name(const Word& name, NameUse use, std::string_view what, IssueList& issues) {
  const auto refuse = [&](std::string_view code, std::string message, std::string hint = {}) {
    issues.add(name.spot, code, std::move(message), std::move(hint));
    return false;
  };
  const auto& text = name.text;
  if (!is_logical_name(text)) {
    const auto suggestion = suggested_name(text);
    return refuse(codes::kName,
                  quoted(text) + " is not " + std::string(what) +
                      ": it has a to z, 0 to 9 and _ and begins with a letter",
                  suggestion.empty() || suggestion == text
                      ? std::string()
                      : "did you mean \"" + suggestion + "\"?");
  }
  if (text.size() > kLongestName)
    return refuse(codes::kNameLong, std::string(what) + " has at most 40 characters; this has " +
                                        std::to_string(text.size()));
  if (is_reserved(text))
    return refuse(codes::kNameReserved,
                  quoted(text) + " is a reserved word of SQL or of the record API",
                  use == NameUse::entity || use == NameUse::field
                      ? "a longer name, such as \"" + (text + "_info") + "\", is free"
                      : std::string());
  if (use == NameUse::field && is_system_column(text))
    return refuse(codes::kNameSystem,
                  quoted(text) + " is a column that every table has; choose another name");
  if ((use == NameUse::plugin && is_api_root(text)) ||
      (use == NameUse::entity && is_plugin_root(text)))
    return refuse(codes::kNameReserved, quoted(text) + " is a path of the API");
  return true;
}

bool check_dotted(const Word& name, std::size_t least, std::size_t most, Star star,
                  std::string_view what, IssueList& issues) {
  const std::string& text = name.text;
  if (text.size() > kLongestDottedName) {
    issues.add(
        name.spot, codes::kNameLong,
        std::string(what) + " has at most 63 bytes; this has " + std::to_string(text.size()));
    return false;
  }
  std::size_t parts = 0;
  bool good = true;
  for (std::size_t begin = 0; good; ++parts) {
    const auto end = std::min(text.find('.', begin), text.size());
    const auto part = std::string_view(text).substr(begin, end - begin);
    const bool is_last = end == text.size();
    good = (is_logical_name(part) && part.size() <= kLongestName) ||
           (star == Star::last && is_last && part == "*");
    begin = end + 1;
    if (is_last) {
      good = good && parts + 1 >= least && parts + 1 <= most;
      break;
    }
  }
  if (good) return true;
  const std::string example = most == least && least == 1 ? "name" : "customer.created";
  issues.add(name.spot, codes::kName,
             quoted(text) + " is not " + std::string(what) + ": " + std::to_string(least) +
                 (most == least ? "" : " to " + std::to_string(most)) +
                 " names with dots between, such as " + quoted(example) +
                 (star == Star::last ? " or \"customer.*\"" : ""));
  return false;
}

bool check_text(const Spot& spot, std::string_view text, TextRule rule, IssueList& issues) {
  const auto refuse = [&](std::string_view code, std::string message) {
    issues.add(spot, code, std::move(message));
    return false;
  };
  const auto unicode = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  bool blank = true;
  for (int32_t at = 0; at < unicode.length(); at = unicode.moveIndex32(at, 1)) {
    const UChar32 point = unicode.char32At(at);
    if (point == '\n' && rule.lines == TextRule::Lines::many) continue;
    if (is_control(point))
      return refuse(codes::kTextControl,
                    "this text has a control or invisible character at position " +
                        std::to_string(unicode.countChar32(0, at) + 1));
    blank = blank && u_isUWhiteSpace(point) != 0;
  }
  if (blank) return refuse(codes::kText, "this text is empty");
  const auto length = static_cast<std::size_t>(unicode.countChar32());
  if (length > rule.longest)
    return refuse(codes::kText, "this text has at most " + std::to_string(rule.longest) +
                                    " characters; it has " + std::to_string(length));
  UErrorCode status = U_ZERO_ERROR;
  if (unorm2_isNormalized(unorm2_getNFCInstance(&status), unicode.getBuffer(), unicode.length(),
                          &status) == 0)
    return refuse(codes::kText, "this text is not in Unicode normal form C");
  if (mixes_scripts(unicode))
    return refuse(codes::kTextScript,
                  "a word of this text mixes scripts that look alike, such as Latin and Cyrillic");
  return true;
}

bool is_locale(std::string_view text) noexcept {
  std::size_t letters = 0;
  while (letters < text.size() && is_lower(text[letters])) ++letters;
  if (letters < 2 || letters > 3) return false;
  text.remove_prefix(letters);
  if (text.size() >= 5 && text[0] == '-' && is_upper(text[1]) && is_lower(text[2]) &&
      is_lower(text[3]) && is_lower(text[4]))
    text.remove_prefix(5);
  return text.empty() ||
         (text.size() == 3 && text[0] == '-' && is_upper(text[1]) && is_upper(text[2]));
}

std::string skeleton(std::string_view text) {
  static const SpoofChecker checker = open_spoof_checker();
  const auto unicode = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result;
  if (checker) uspoof_getSkeletonUnicodeString(checker.get(), 0, unicode, result, &status);
  std::string utf8;
  (checker && U_SUCCESS(status) ? result : unicode).toUTF8String(utf8);
  return utf8;
}

bool UniqueNames::add(const Word& name) {
  const auto [first, is_new] = by_skeleton_.emplace(skeleton(name.text), name);
  if (is_new) return true;
  const auto& [text, spot] = first->second;
  const bool same = text == name.text;
  issues_->add(
      name.spot, same ? codes::kDuplicate : codes::kConfusable,
      "the " + what_ + " " + quoted(name.text) +
          (same ? " was already declared in line " + std::to_string(spot.place.line)
                : " looks like " + quoted(text) + " in line " + std::to_string(spot.place.line)));
  return false;
}

void UniqueLabels::add(const Spot& spot, const data::Localized& label) {
  for (const auto& [locale, text] : label) {
    const auto [first, is_new] = by_skeleton_.emplace(std::pair(locale, skeleton(text)), text);
    if (!is_new && first->second != text)
      issues_->add(spot, codes::kConfusable,
                   "the " + what_ + " " + quoted(text) + " looks like another one, " +
                       quoted(first->second));
  }
}

}  // namespace tenon::plugins
