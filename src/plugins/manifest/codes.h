#pragma once
// The stable words of every rule of a manifest. Tools and translations key on them, so a word never
// changes its meaning.

#include <string_view>

namespace tenon::plugins::codes {

// The file.
inline constexpr std::string_view kSyntax = "manifest.syntax";
inline constexpr std::string_view kSize = "manifest.size";
inline constexpr std::string_view kDepth = "manifest.depth";
inline constexpr std::string_view kLimit = "manifest.limit";  // too many of something

// Keys and values.
inline constexpr std::string_view kMissing = "manifest.missing";
inline constexpr std::string_view kUnknownKey = "manifest.unknown_key";
inline constexpr std::string_view kNotSupported = "manifest.not_supported";
inline constexpr std::string_view kType = "manifest.type";
inline constexpr std::string_view kValue = "manifest.value";  // not one of the words
inline constexpr std::string_view kRange = "manifest.range";
inline constexpr std::string_view kVersion = "manifest.version";
inline constexpr std::string_view kDefault = "manifest.default";  // does not fit the field
inline constexpr std::string_view kPattern = "manifest.pattern";
inline constexpr std::string_view kCondition = "manifest.condition";  // of a partial index
inline constexpr std::string_view kFormula = "manifest.formula";
inline constexpr std::string_view kNumbering = "manifest.numbering";  // the format of a number
inline constexpr std::string_view kPath = "manifest.path";
inline constexpr std::string_view kCron = "manifest.cron";
inline constexpr std::string_view kTimeZone = "manifest.time_zone";

// Names and text.
inline constexpr std::string_view kName = "manifest.name";
inline constexpr std::string_view kNameLong = "manifest.name_long";
inline constexpr std::string_view kNameReserved = "manifest.name_reserved";
inline constexpr std::string_view kNameSystem = "manifest.name_system";
inline constexpr std::string_view kConfusable = "manifest.confusable";
inline constexpr std::string_view kText = "manifest.text";  // empty, too long, not NFC
inline constexpr std::string_view kTextControl = "manifest.text_control";
inline constexpr std::string_view kTextScript = "manifest.text_script";
inline constexpr std::string_view kLocale = "manifest.locale";

// How the parts fit together.
inline constexpr std::string_view kDuplicate = "manifest.duplicate";
inline constexpr std::string_view kDangling = "manifest.dangling";
inline constexpr std::string_view kCycle = "manifest.cycle";
inline constexpr std::string_view kContradiction = "manifest.contradiction";
inline constexpr std::string_view kContract = "manifest.contract";
inline constexpr std::string_view kPlatform = "manifest.platform";

}  // namespace tenon::plugins::codes
