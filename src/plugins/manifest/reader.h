#pragma once
// One table of the manifest, read key by key. Every problem is noted and reading goes on, so that
// an author sees all mistakes at once; what could not be read is simply absent. A key nobody asked
// for is unknown, hence asking is what makes a key known.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/schema.h"
#include "plugins/manifest/issue.h"
#include "plugins/manifest/toml.h"

namespace tenon::plugins {

/// Where something stands: in the file, and as a JSON pointer.
struct Spot {
  Place place;
  std::string path;
};

/// Collects issues in any order.
class IssueList {
 public:
  void add(const Spot& spot, std::string_view code, std::string message, std::string hint = {});
  [[nodiscard]] bool empty() const noexcept { return issues_.empty(); }
  /// In the order of the file, at most ManifestLimits::kIssues; a last one counts the rest.
  [[nodiscard]] ManifestIssues take();

 private:
  ManifestIssues issues_;
  std::size_t dropped_ = 0;
};

enum class Need : std::uint8_t { optional, required };

struct Word {
  std::string text;
  Spot spot;
};

/// What a text may hold. Lengths are code points.
struct TextRule {
  std::size_t longest = 120;
  enum class Lines : std::uint8_t { one, many } lines = Lines::one;
};

/// Lifetime: the TomlValue's and the IssueList's. Call finish() last.
class TableReader {
 public:
  TableReader(const TomlValue& table, Spot spot, IssueList& issues)
      : table_(&table), spot_(std::move(spot)), issues_(&issues) {}

  /// Where the table begins; the place of what is missing.
  [[nodiscard]] const Spot& spot() const noexcept { return spot_; }
  [[nodiscard]] Spot spot_of(std::string_view key) const;
  [[nodiscard]] IssueList& issues() const noexcept { return *issues_; }

  /// The value of any type, or null; the key is not made known.
  [[nodiscard]] const TomlValue* look(std::string_view key) const;
  /// The value of any type, or null.
  const TomlValue* any(std::string_view key, Need need = Need::optional);
  /// Text as it stands, for names and words with rules of their own.
  std::optional<Word> text(std::string_view key, Need need);
  /// Text for people, by the rules of rules.h; empty when absent.
  std::string line(std::string_view key, TextRule rule = {});
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  bool boolean(std::string_view key, bool fallback);
  /// An array of texts; items of other types are noted and left out.
  std::vector<Word> texts(std::string_view key, Need need = Need::optional);
  /// Text for people: `"…"` (taken as English) or `{ en = "…", "zh-CN" = "…" }`.
  data::Localized localized(std::string_view key, Need need, TextRule rule = {});
  std::optional<TableReader> table(std::string_view key, Need need = Need::optional);
  /// An array of tables, at most `most`.
  std::vector<TableReader> tables(std::string_view key, std::size_t most);
  /// One of `words`: its number.
  std::optional<std::size_t> choice(std::string_view key, Need need,
                                    std::span<const std::string_view> words);

  /// Keys of the design that this version does not serve: known, and refused by name.
  void not_served(std::span<const std::string_view> keys, std::string_view what);
  /// Notes every key that nobody asked for.
  void finish();

 private:
  const TomlValue* typed(std::string_view key, Need need, TomlKind kind);
  std::vector<const TomlValue*> items(std::string_view key, Need need, TomlKind kind);
  void wrong_type(const Spot& spot, std::string_view expected, TomlKind found,
                  std::string hint = {});

  const TomlValue* table_;
  Spot spot_;
  IssueList* issues_;
  std::vector<std::string_view> known_;
};

/// The number of `word` in `words`, else an issue with a suggestion.
std::optional<std::size_t> choose(const Word& word, std::span<const std::string_view> words,
                                  std::string_view what, IssueList& issues);

/// `"…"`, for messages; cut at 40 code points, controls replaced.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace tenon::plugins
