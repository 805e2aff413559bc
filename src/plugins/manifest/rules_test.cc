#include "plugins/manifest/rules.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "plugins/manifest/read.h"
#include "plugins/manifest/reserved.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
namespace {

/// The strings of a JSON array of strings, as their JSON text with quotes: TOML's basic strings are
/// written the same way but for `\/`.
std::vector<std::string> json_strings(const std::string& text) {
  std::vector<std::string> strings;
  for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at)) {
    const auto begin = at++;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
    strings.push_back(text.substr(begin, ++at - begin));
  }
  return strings;
}

TEST(Rules, refuse_or_take_every_naughty_string_without_harm) {
  std::ifstream file("../shared/corpora/naughty-strings/blns.json");
  if (!file) {
    if (std::getenv("CI") != nullptr) FAIL() << "the naughty strings are missing";
    GTEST_SKIP() << "the naughty strings are missing: they were not tried";
  }
  std::ostringstream text;
  text << file.rdbuf();
  const auto strings = json_strings(text.str());
  EXPECT_EQ(strings.size(), 515U);
  for (const auto& string : strings) {
    const auto entity = [&](std::string_view name, std::string_view label) {
      return read_manifest(
          "[metadata]\nid = \"demo\"\nname = \"Demo\"\nversion = \"1.0.0\"\ncontract = \"v1.0\"\n"
          "[[schema.entities]]\nname = " +
          std::string(name) + "\ndisplay_name = " + std::string(label) +
          "\nfields = [{ name = \"title\", field_type = \"string\", display_name = \"T\" }]\n");
    };
    if (const auto named = entity(string, "\"Part\"")) {
      for (const char c : named->entities.at(0).name)
        EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') << string;
      EXPECT_FALSE(is_reserved(named->entities.at(0).name));
    }
    if (const auto labelled = entity("\"part\"", string))
      for (const char c : labelled->entities.at(0).display_name.at("en"))
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << string;
  }
}

bool accepts_text(std::string_view text) {
  IssueList issues;
  return check_text({}, text, {}, issues);
}

TEST(Rules, take_the_languages_people_write) {
  for (const auto* text :
       {"客户 (VIP)", "顧客リスト", "고객 목록", "Клиенты API", "Πελάτες", "عملاء", "Café №1",
        "CRM客户", "مشتری‌ها", "Müller & Söhne", "¥ 1,000", "✓ done"})
    EXPECT_TRUE(accepts_text(text)) << text;
}

TEST(Rules, refuse_texts_that_deceive) {
  for (const auto* text :
       {"pаypal", "Αdmin", "a\u200Bb", "a\u2066b", "a\u2028b", "\uE000", "", " "})
    EXPECT_FALSE(accepts_text(text)) << text;
  EXPECT_FALSE(accepts_text(std::string(121, 'a')));
  EXPECT_TRUE(accepts_text(std::string(120, 'a')));
}

TEST(Rules, know_what_looks_alike) {
  EXPECT_EQ(skeleton("form"), skeleton("forrn"));
  EXPECT_EQ(skeleton("line1"), skeleton("linel"));
  EXPECT_NE(skeleton("city"), skeleton("cite"));
}

TEST(Rules, know_locales) {
  for (const auto* good : {"en", "zh-CN", "zh-Hant", "zh-Hant-TW", "yue"})
    EXPECT_TRUE(is_locale(good));
  for (const auto* bad : {"", "e", "english", "zh_CN", "zh-cn", "EN", "zh-", "zh-CN-"})
    EXPECT_FALSE(is_locale(bad)) << bad;
}

TEST(Rules, suggest_what_was_meant_and_nothing_far_away) {
  constexpr std::string_view kWords[] = {"searchable", "sortable", "filterable",
                                         "GET",        "v0",       "v1.0"};
  EXPECT_EQ(nearest("serchable", kWords), "searchable");
  EXPECT_EQ(nearest("sotrable", kWords), "sortable");
  EXPECT_EQ(nearest("get", kWords), "GET");
  EXPECT_EQ(nearest("v1", kWords), "v1.0");
  EXPECT_EQ(nearest("colour", kWords), "");
  EXPECT_EQ(nearest(std::string(10'000, 'a'), kWords), "");
}

}  // namespace
}  // namespace tenon::plugins
