// Every route of the API says what it is: in both languages, with types that can be read, under
// names that are its own.

#include "api/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "api/routes.h"
#include "api/schema_text.h"

namespace tenon::api {
namespace {

using Names = std::set<std::string, std::less<>>;

std::string where(const Row& row) {
  return std::string(http::to_string(row.method)) + " " + row.pattern;
}

template <class Visit>
void for_each_row(Visit visit) {
  for (const auto& table : all_routes())
    for (const auto& row : table.rows()) visit(table, row);
}

/// A text as it is when the row stands for something.
std::string filled(std::string text) {
  for (auto at = text.find('@'); at != std::string::npos; at = text.find('@'))
    text.replace(at, 1, "crm.customer");
  return text;
}

TEST(Tables, describe_every_route_in_both_languages) {
  std::size_t rows = 0;
  for_each_row([&](const Table&, const Row& row) {
    ++rows;
    EXPECT_FALSE(row.operation.id.empty()) << where(row);
    EXPECT_FALSE(row.operation.summary.zh.empty()) << where(row);
    EXPECT_FALSE(row.operation.summary.en.empty()) << where(row);
    EXPECT_EQ(row.operation.about.zh.empty(), row.operation.about.en.empty()) << where(row);
    EXPECT_FALSE(row.operation.replies.empty()) << where(row);
    EXPECT_TRUE(row.function || row.plain) << where(row);
  });
  EXPECT_GT(rows, 80U);
}

TEST(Tables, give_each_operation_and_each_address_to_one_route) {
  Names ids;
  Names places;
  for_each_row([&](const Table&, const Row& row) {
    EXPECT_TRUE(ids.insert(row.operation.id).second) << row.operation.id;
    EXPECT_TRUE(places.insert(where(row)).second) << where(row);
  });
}

TEST(Tables, have_names_and_titles_of_their_own) {
  Names owners;
  for (const auto& table : all_routes()) {
    EXPECT_TRUE(owners.insert(table.owner()).second) << table.owner();
    EXPECT_FALSE(table.title().zh.empty()) << table.owner();
    EXPECT_FALSE(table.title().en.empty()) << table.owner();
  }
}

TEST(Tables, write_types_that_can_be_read_and_that_somebody_defines) {
  std::map<std::string, std::string> known{{"Problem", ""}, {"Filter.tree", ""}};
  Names wanted;
  const auto read = [&](const Row& row, const std::string& text) {
    if (text.empty() || text.starts_with('@')) return;
    auto schema = schema_from(filled(text), wanted);
    EXPECT_TRUE(schema) << where(row) << ": " << text;
  };
  for_each_row([&](const Table&, const Row& row) {
    const auto& operation = row.operation;
    for (const auto* list : {&operation.path, &operation.query, &operation.headers})
      for (const auto& parameter : *list) read(row, parameter.type);
    read(row, operation.body);
    for (const auto& reply : operation.replies) read(row, reply.type);
    for (const auto& [name, text] : operation.types) {
      read(row, text);
      const auto [place, fresh] = known.emplace(name, text);
      EXPECT_TRUE(fresh || place->second == text) << name << " is two types";
    }
  });
  for (const auto& name : wanted)
    if (!name.contains('.')) EXPECT_TRUE(known.contains(name)) << name;
}

TEST(Tables, link_to_operations_that_are_there) {
  Names ids;
  for_each_row([&](const Table&, const Row& row) { ids.insert(row.operation.id); });
  for_each_row([&](const Table&, const Row& row) {
    for (const auto& link : row.operation.links)
      EXPECT_TRUE(ids.contains(link.operation)) << where(row) << " → " << link.operation;
  });
}

TEST(Tables, name_no_part_of_the_address_that_is_not_there) {
  for_each_row([&](const Table&, const Row& row) {
    for (const auto& parameter : row.operation.path)
      EXPECT_TRUE(row.pattern.contains("{" + parameter.name + "}"))
          << where(row) << ": " << parameter.name;
  });
}

}  // namespace
}  // namespace tenon::api
