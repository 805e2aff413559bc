// Where values may stand in a template and where not, and what a template may have at all.
#include "services/print/template.h"

#include <gtest/gtest.h>

namespace tenon::services {
namespace {

std::string problem_of(std::string_view html) {
  const auto read = PrintTemplate::parse(html);
  return read ? std::string() : read.error().front().message;
}

TEST(PrintTemplateTest, values_stand_in_text_and_in_attributes_that_hold_text) {
  const auto read = PrintTemplate::parse(
      "<style>p { color: red }</style><p class=\"{{kind}}\" title=\"a {{ name "
      "}}\">{{customer.name}}"
      "{{#line}}<b>{{what}}</b>{{/line}}{{^line}}none{{/line}}{{! said to nobody <script> }}</p>");
  ASSERT_TRUE(read) << read.error().front().message;
  using Kind = PrintTemplate::Node::Kind;
  std::string shape;
  for (const auto& node : read->nodes())
    shape += node.kind == Kind::html    ? 'h'
             : node.kind == Kind::style ? 's'
             : node.kind == Kind::value ? 'v'
                                        : '#';
  EXPECT_EQ(shape, "shvhvhv##h");
  EXPECT_EQ(read->nodes()[7].children.size(), 3U);
}

TEST(PrintTemplateTest, values_are_refused_wherever_they_could_become_more_than_text) {
  for (const std::string_view html :
       {"<style>p { color: {{x}} }</style>", "<!-- {{x}} -->", "<a href=\"{{x}}\">a</a>",
        "<img src=\"{{x}}\">", "<p {{x}}>", "<{{x}}>", "<p class={{x}}>", "<p class='{{x}}'>",
        "<p title=\"{{#x}}\">", "<p onclick=\"{{x}}\">", "<p style=\"{{x}}\">"})
    EXPECT_NE(problem_of(html), "") << html;
}

TEST(PrintTemplateTest, nothing_that_runs_loads_or_leads_away_is_taken) {
  for (const std::string_view html : {"<script>1</script>",
                                      "<SCRIPT>",
                                      "<iframe src=\"/\">",
                                      "<object>",
                                      "<svg>",
                                      "<math>",
                                      "<form>",
                                      "<link>",
                                      "<meta>",
                                      "<base>",
                                      "<p onclick=\"1\">",
                                      "<p ONCLICK=\"1\">",
                                      "<a href=\"javascript:1\">",
                                      "<a href=\"JavaScript:1\">",
                                      "<a href=\"data:text/html,1\">",
                                      "<img src=\"https://elsewhere/\">",
                                      "<img srcset=\"/a\">",
                                      "<p style=\"x\">",
                                      "<style media=\"x\">",
                                      "<style>@import 'x'</style>",
                                      "<style></style ><p>",
                                      "<!doctype x>",
                                      "<!-->",
                                      "<!--->",
                                      "<!-- --!>",
                                      "<p title=\"a",
                                      "<",
                                      "a < b",
                                      "<p/onclick=\"1\">",
                                      "</p onclick=\"1\">",
                                      "<noscript>",
                                      "<template>",
                                      "<textarea>",
                                      "a\x01"})
    EXPECT_NE(problem_of(html), "") << html;
  EXPECT_EQ(
      problem_of("<img src=\"data:image/png;base64,AA==\" alt=\"x\"><a href=\"https://x\">x</a>"),
      "");
  EXPECT_EQ(problem_of("<!-- a comment --><br/><p\nclass=\"a\">&lt;</p>"), "");
}

TEST(PrintTemplateTest, what_mustache_has_beyond_values_and_sections_is_refused_with_its_line) {
  for (const std::string_view html :
       {"{{{x}}}", "{{&x}}", "{{>x}}", "{{=<% %>=}}", "{{x", "{{}}", "{{.}}", "{{a.b.c}}", "{{A}}",
        "{{#x}}", "{{/x}}", "{{#x}}{{/y}}{{/x}}", "{{#a.b}}{{/a.b}}"})
    EXPECT_NE(problem_of(html), "") << html;
  const auto read = PrintTemplate::parse("<p>\n\n{{{x}}}\n<script>\n</p>");
  ASSERT_FALSE(read);
  ASSERT_EQ(read.error().size(), 2U) << "all at once";
  EXPECT_EQ(read.error()[0].line, 3U);
  EXPECT_EQ(read.error()[1].line, 4U);
}

TEST(PrintTemplateTest, bounds_hold) {
  EXPECT_EQ(problem_of(std::string(PrintTemplate::kBytes, 'x')), "");
  EXPECT_NE(problem_of(std::string(PrintTemplate::kBytes + 1, 'x')), "");
  std::string places, deep;
  for (std::size_t i = 0; i < PrintTemplate::kPlaces; ++i) places += "{{x}}";
  EXPECT_EQ(problem_of(places), "");
  EXPECT_NE(problem_of(places + "{{x}}"), "");
  EXPECT_EQ(problem_of("{{#a}}{{#a}}{{#a}}{{#a}}{{/a}}{{/a}}{{/a}}{{/a}}"), "");
  EXPECT_NE(problem_of("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}"), "");
}

TEST(PrintTemplateTest, everything_that_means_something_is_escaped) {
  EXPECT_EQ(escaped_html("<a href=\"'`&\">"), "&lt;a href=&quot;&#39;&#96;&amp;&quot;&gt;");
  EXPECT_EQ(escaped_html(std::string_view("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace tenon::services
