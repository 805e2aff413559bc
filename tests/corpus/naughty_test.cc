// Strings that break things go through every kind of text field and come back byte for byte, on
// both databases.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/utf8.h"
#include "corpus/places.h"
#include "data/run_unit.h"

namespace tenon::corpus {
namespace {

constexpr const char* kFile = "../shared/corpora/naughty-strings/blns.json";

data::Field field(std::string name, data::FieldType type) {
  data::Field made;
  made.name = std::move(name);
  made.type = type;
  return made;
}

data::Entity entity() {
  data::Entity entity{.plugin = "lab", .name = "thing"};
  auto found = field("found", data::FieldType::text);
  found.searchable = found.filterable = true;
  auto line = field("line", data::FieldType::string);
  line.max_length = 5000;
  entity.fields = {line, field("body", data::FieldType::text), found,
                   field("extra", data::FieldType::json)};
  return entity;
}

Deadline soon() { return Deadline::after(std::chrono::seconds(20)); }

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    char buffer[4];
    std::snprintf(buffer, sizeof buffer, "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer;
  }
  return out;
}

class Naughty : public ::testing::TestWithParam<Place> {};

TEST_P(Naughty, strings_come_back_byte_for_byte_and_are_found) {
  std::ifstream file(kFile);
  if (!file) {
    ASSERT_FALSE(must_run()) << kFile << " is missing";
    GTEST_SKIP() << kFile << " is missing";
  }
  if (GetParam() == Place::postgres && tenon::testing::PrivatePostgres::shared() == nullptr) {
    ASSERT_FALSE(must_run()) << "there is no PostgreSQL server";
    GTEST_SKIP() << "there is no PostgreSQL server (package postgresql-15)";
  }
  std::stringstream text;
  text << file.rdbuf();
  const auto lines = json::parse(text.str());
  ASSERT_TRUE(lines) << lines.error().for_log();
  Stage stage;
  auto made = stage.tenant(GetParam(), {entity()});
  ASSERT_TRUE(made) << made.error().for_log();
  const auto tenant = *made;
  const auto catalog = tenant->catalog();
  const auto& info = *catalog->find("lab", "thing");
  std::size_t stored = 0;
  for (const auto& line : lines->as_array()) {
    const std::string wanted(line.as_string());
    const auto normal = utf8::to_nfc(wanted);
    json::object fields{
        {"body", wanted}, {"found", wanted}, {"extra", json::object{{"s", wanted}}}};
    // A field of one line takes none with a break in it.
    const bool one_line = wanted.find_first_of("\r\n") == std::string::npos;
    if (one_line) fields["line"] = wanted;
    auto put = tenon::testing::run(
        data::run_unit(tenant, data::Viewer{}, data::Origin{.plugin = "lab"}, soon(),
                       [&](data::UnitOfWork& unit) { return unit.insert(info, fields); }));
    if (wanted.find('\0') != std::string::npos) {
      EXPECT_FALSE(put);
      continue;
    }
    ASSERT_TRUE(put) << wanted << put.error().for_log();
    const auto got = tenant->get(info, put->id, {});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->json, put->json);
    const auto row = *json::parse_object(got->json);
    for (const auto* name : {"line", "body", "found"})
      if (one_line || std::string_view(name) != "line")
        EXPECT_EQ(row.at(name).as_string(), normal) << name;
    EXPECT_EQ(row.at("extra").at("s").as_string(), wanted) << "JSON is kept as it is";
    for (const auto* how : {"body=eq.", "found=eq.", "found=contains."}) {
      // One cannot look for as much as one can store.
      if (wanted.size() > 200 && std::string_view(how) == "found=contains.") continue;
      const auto query = data::parse_query(
          info, *data::split_query("id=eq." + put->id.to_string() + "&" + how + encoded(wanted)));
      ASSERT_TRUE(query) << how << wanted;
      const auto page = tenant->list(info, *query, {}, soon());
      ASSERT_TRUE(page) << how << wanted << page.error().for_log();
      EXPECT_EQ(page->rows, 1U) << how << wanted;
    }
    ++stored;
  }
  EXPECT_GT(stored, 400U);
}

INSTANTIATE_TEST_SUITE_P(Both, Naughty, ::testing::Values(Place::sqlite, Place::postgres),
                         [](const auto& one) {
                           return one.param == Place::sqlite ? "sqlite" : "postgres";
                         });

}  // namespace
}  // namespace tenon::corpus
