#include "plugins/manifest/reader.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/rules.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {

void IssueList::add(const Spot& spot, std::string_view code, std::string message,
                    std::string hint) {
  // Reading goes in the order of the sections, not of the file: more than are shown are kept, so
  // that the first of the file are shown.
  if (issues_.size() >= ManifestLimits::kIssues * 4) {
    ++dropped_;
    return;
  }
  issues_.push_back({spot.place.line, spot.place.column, std::string(code), std::move(message),
                     std::move(hint), spot.path});
}

ManifestIssues IssueList::take() {
  std::ranges::sort(issues_, [](const ManifestIssue& left, const ManifestIssue& right) {
    return std::tie(left.line, left.column, left.path, left.code, left.message) <
           std::tie(right.line, right.column, right.path, right.code, right.message);
  });
  if (issues_.size() > ManifestLimits::kIssues) {
    dropped_ += issues_.size() - ManifestLimits::kIssues + 1;
    issues_.resize(ManifestLimits::kIssues - 1);
    const auto& last = issues_.back();
    issues_.push_back({last.line,
                       last.column,
                       std::string(codes::kLimit),
                       "and " + std::to_string(dropped_) + " more issues",
                       {},
                       {}});
  }
  return std::exchange(issues_, {});
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string out = "\"";
  std::size_t points = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U && ++points > kShown) {
      out += "…";
      break;
    }
    if (byte < 0x20 || byte == 0x7F)
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out + "\"";
}

std::optional<std::size_t> choose(const Word& word, std::span<const std::string_view> words,
                                  std::string_view what, IssueList& issues) {
  const auto found = std::ranges::find(words, word.text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  issues.add(word.spot, codes::kValue, quoted(word.text) + " is no " + std::string(what),
             did_you_mean(word.text, words));
  return std::nullopt;
}

Spot TableReader::spot_of(std::string_view key) const {
  const auto member = std::ranges::find(table_->members, key, &TomlMember::key);
  return {member == table_->members.end() ? spot_.place : member->value.place,
          spot_.path + "/" + std::string(key)};
}

const TomlValue* TableReader::look(std::string_view key) const {
  const auto member = std::ranges::find(table_->members, key, &TomlMember::key);
  return member == table_->members.end() ? nullptr : &member->value;
}

const TomlValue* TableReader::any(std::string_view key, Need need) {
  known_.push_back(key);
  if (const auto* found = look(key)) return found;
  if (need == Need::required)
    issues_->add({spot_.place, spot_.path + "/" + std::string(key)}, codes::kMissing,
                 "the key " + quoted(key) + " is missing here");
  return nullptr;
}

void TableReader::wrong_type(const Spot& spot, std::string_view expected, TomlKind found,
                             std::string hint) {
  issues_->add(
      spot, codes::kType,
      "expected " + std::string(expected) + ", but this is " + std::string(describe(found)),
      std::move(hint));
}

const TomlValue* TableReader::typed(std::string_view key, Need need, TomlKind kind) {
  const auto* value = any(key, need);
  if (value == nullptr || value->kind == kind) return value;
  const bool lacks_brackets = kind == TomlKind::array && value->kind == TomlKind::table;
  wrong_type(spot_of(key), describe(kind), value->kind,
             lacks_brackets ? "write [[" + std::string(key) + "]] for one of several" : "");
  return nullptr;
}

std::optional<Word> TableReader::text(std::string_view key, Need need) {
  const auto* value = typed(key, need, TomlKind::text);
  if (value == nullptr) return std::nullopt;
  return Word{value->text, spot_of(key)};
}

std::string TableReader::line(std::string_view key, TextRule rule) {
  const auto word = text(key, Need::optional);
  if (!word || !check_text(word->spot, word->text, rule, *issues_)) return {};
  return word->text;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most) {
  const auto* value = typed(key, Need::optional, TomlKind::integer);
  if (value == nullptr) return std::nullopt;
  if (value->integer >= least && value->integer <= most) return value->integer;
  issues_->add(spot_of(key), codes::kRange,
               quoted(key) + " is from " + std::to_string(least) + " to " + std::to_string(most) +
                   ", but this is " + std::to_string(value->integer));
  return std::nullopt;
}

bool TableReader::boolean(std::string_view key, bool fallback) {
  const auto* value = typed(key, Need::optional, TomlKind::boolean);
  return value == nullptr ? fallback : value->boolean;
}

std::vector<const TomlValue*> TableReader::items(std::string_view key, Need need, TomlKind kind) {
  std::vector<const TomlValue*> good;
  const auto* value = typed(key, need, TomlKind::array);
  if (value == nullptr) return good;
  good.resize(value->items.size());
  for (std::size_t i = 0; i < good.size(); ++i) {
    const auto& item = value->items[i];
    if (item.kind == kind)
      good[i] = &item;
    else
      wrong_type({item.place, spot_.path + "/" + std::string(key) + "/" + std::to_string(i)},
                 describe(kind), item.kind);
  }
  return good;
}

std::vector<Word> TableReader::texts(std::string_view key, Need need) {
  std::vector<Word> words;
  const auto values = items(key, need, TomlKind::text);
  if (values.size() > ManifestLimits::kItems)
    issues_->add(spot_of(key), codes::kLimit,
                 quoted(key) + " has at most " + std::to_string(ManifestLimits::kItems) +
                     " items; this has " + std::to_string(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != nullptr)
      words.push_back(
          {values[i]->text,
           {values[i]->place, spot_.path + "/" + std::string(key) + "/" + std::to_string(i)}});
  return words;
}

data::Localized TableReader::localized(std::string_view key, Need need, TextRule rule) {
  data::Localized texts;
  const auto* value = any(key, need);
  if (value == nullptr) return texts;
  const auto spot = spot_of(key);
  if (value->kind == TomlKind::text) {
    if (check_text(spot, value->text, rule, *issues_)) texts.emplace("en", value->text);
    return texts;
  }
  if (value->kind != TomlKind::table) {
    wrong_type(spot, "text, or a table of locale = text", value->kind);
    return texts;
  }
  bool has_fallback = false;
  for (const auto& member : value->members) {
    const Spot place{member.value.place, spot.path + "/" + member.key};
    has_fallback = has_fallback || member.key == "en";
    if (!is_locale(member.key))
      issues_->add(
          {member.place, place.path}, codes::kLocale,
          quoted(member.key) + " is no locale; locales are written like en, zh-CN, zh-Hant");
    else if (member.value.kind != TomlKind::text)
      wrong_type(place, "text", member.value.kind);
    else if (check_text(place, member.value.text, rule, *issues_))
      texts.emplace(member.key, member.value.text);
  }
  if (!has_fallback)
    issues_->add(spot, codes::kLocale,
                 "the text in \"en\" is missing; it is shown where a language has none");
  return texts;
}

std::optional<TableReader> TableReader::table(std::string_view key, Need need) {
  const auto* value = typed(key, need, TomlKind::table);
  if (value == nullptr) return std::nullopt;
  return TableReader(*value, spot_of(key), *issues_);
}

std::vector<TableReader> TableReader::tables(std::string_view key, std::size_t most) {
  std::vector<TableReader> readers;
  const auto values = items(key, Need::optional, TomlKind::table);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == nullptr) continue;
    const Spot spot{values[i]->place,
                    spot_.path + "/" + std::string(key) + "/" + std::to_string(i)};
    if (i >= most) {
      issues_->add(spot, codes::kLimit,
                   "at most " + std::to_string(most) + " " + quoted(key) +
                       " are allowed here; there are " + std::to_string(values.size()));
      break;
    }
    readers.emplace_back(*values[i], spot, *issues_);
  }
  return readers;
}

std::optional<std::size_t> TableReader::choice(std::string_view key, Need need,
                                               std::span<const std::string_view> words) {
  const auto word = text(key, need);
  return word ? choose(*word, words, key, *issues_) : std::nullopt;
}

void TableReader::not_served(std::span<const std::string_view> keys, std::string_view what) {
  for (const auto key : keys) {
    known_.push_back(key);
    const auto member = std::ranges::find(table_->members, key, &TomlMember::key);
    if (member == table_->members.end()) continue;
    issues_->add({member->place, spot_.path + "/" + member->key}, codes::kNotSupported,
                 quoted(key) + " " + std::string(what) +
                     " is part of the design but not served by this version of the platform");
  }
}

void TableReader::finish() {
  for (const auto& member : table_->members)
    if (std::ranges::find(known_, member.key) == known_.end())
      issues_->add({member.place, spot_.path + "/" + member.key}, codes::kUnknownKey,
                   "unknown key " + quoted(member.key), did_you_mean(member.key, known_));
}

}  // namespace tenon::plugins
