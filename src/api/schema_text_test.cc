#include "api/schema_text.h"

#include <gtest/gtest.h>

namespace tenon::api {
namespace {

std::string schema(std::string_view text) {
  std::set<std::string, std::less<>> names;
  auto made = schema_from(text, names);
  return made ? json::serialize(*made) : made.error().reason();
}

TEST(SchemaText, makes_a_closed_object_whose_members_must_come_unless_they_may_be_missing) {
  EXPECT_EQ(
      schema("{name: text(1..100), email?: email|null}"),
      R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":100},)"
      R"("email":{"type":["string","null"],"format":"email"}},"required":["name"],)"
      R"("additionalProperties":false})");
}

TEST(SchemaText, knows_lists_free_names_open_objects_and_patterns) {
  EXPECT_EQ(
      schema("[uuid](1..5)"),
      R"({"type":"array","items":{"type":"string","format":"uuid"},"minItems":1,"maxItems":5})");
  EXPECT_EQ(schema("{*: bool}"), R"({"type":"object","additionalProperties":{"type":"boolean"}})");
  EXPECT_EQ(schema("{...}"), R"({"type":"object","additionalProperties":true})");
  EXPECT_EQ(schema("/^a$/"), R"({"type":"string","pattern":"^a$"})");
}

TEST(SchemaText, makes_words_an_enumeration_and_other_alternatives_a_choice) {
  EXPECT_EQ(schema("'a'|'b'|null"), R"({"type":["string","null"],"enum":["a","b",null]})");
  EXPECT_EQ(schema("User|null"),
            R"({"anyOf":[{"$ref":"#/components/schemas/User"},{"type":"null"}]})");
  EXPECT_EQ(schema("int(-1..)"), R"({"type":"integer","format":"int64","minimum":-1})");
}

TEST(SchemaText, tells_the_names_of_the_types_it_refers_to) {
  std::set<std::string, std::less<>> names;
  ASSERT_TRUE(schema_from("{a: User, b?: [crm.customer.new]}", names));
  EXPECT_EQ(names, (std::set<std::string, std::less<>>{"User", "crm.customer.new"}));
}

TEST(SchemaText, refuses_what_it_cannot_read) {
  for (const std::string_view text :
       {"", "{", "{a}", "{a:}", "[text", "text(1)", "'open", "strange", "text text", "{a: text b}"})
    EXPECT_EQ(schema(text), "openapi.type") << text;
  std::string deep(40, '[');
  EXPECT_EQ(schema(deep), "openapi.type");
}

}  // namespace
}  // namespace tenon::api
