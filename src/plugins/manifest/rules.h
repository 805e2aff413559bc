#pragma once
// Names and texts come from strangers and are shown to, typed by and compared by people. Names are
// ASCII of one spelling; texts are NFC, without controls, and do not mix scripts inside a word.

#include <map>
#include <string>
#include <string_view>

#include "plugins/manifest/reader.h"

namespace tenon::plugins {

enum class NameUse : std::uint8_t {
  plugin,  // also a segment of the path /api/v1/{plugin}
  entity,  // also a segment of the path /api/v1/{plugin}/{entity}
  field,   // also a query parameter and a column beside the system's own
  other,   // page, action, menu group
};

inline constexpr std::size_t kLongestName = 40;
inline constexpr std::size_t kLongestDottedName = 63;

/// `[a-z][a-z0-9_]{0,39}`, not reserved. `what` is `an entity name` and the like.
bool check_name(const Word& name, NameUse use, std::string_view what, IssueList& issues);

enum class Star : std::uint8_t { no, last };

/// `least` to `most` logical names with dots between, at most 63 bytes; with Star::last the last
/// may be `*`.
bool check_dotted(const Word& name, std::size_t least, std::size_t most, Star star,
                  std::string_view what, IssueList& issues);

/// Text for people. Requires: `text` is UTF-8 (the TOML parser saw to it).
bool check_text(const Spot& spot, std::string_view text, TextRule rule, IssueList& issues);

/// `en`, `zh-CN`, `zh-Hant`, `zh-Hant-TW`.
[[nodiscard]] bool is_locale(std::string_view text) noexcept;

/// What two texts share when a person cannot tell them apart (Unicode TS 39).
[[nodiscard]] std::string skeleton(std::string_view text);

/// The names of one list: refuses the second of a kind, and one that looks like another.
class UniqueNames {
 public:
  UniqueNames(std::string_view what, IssueList& issues) : what_(what), issues_(&issues) {}
  bool add(const Word& name);

 private:
  std::string what_;
  IssueList* issues_;
  std::map<std::string, Word> by_skeleton_;
};

/// The labels of one list: refuses one that looks like another but is not the same text. Two equal
/// labels are the author's business.
class UniqueLabels {
 public:
  UniqueLabels(std::string_view what, IssueList& issues) : what_(what), issues_(&issues) {}
  void add(const Spot& spot, const data::Localized& label);

 private:
  std::string what_;
  IssueList* issues_;
  std::map<std::pair<std::string, std::string>, std::string> by_skeleton_;  // locale, skeleton
};

}  // namespace tenon::plugins
