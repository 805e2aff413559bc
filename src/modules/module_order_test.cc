#include "modules/module_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::modules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Needs module(std::string id, std::string_view version,
             std::vector<std::pair<std::string, std::string>> needs = {}) {
  Needs made{.id = std::move(id), .version = *Version::parse(version), .dependencies = {}};
  for (auto& [other, range] : needs)
    made.dependencies.push_back({.id = other, .version = *VersionRange::parse(range)});
  return made;
}

TEST(ModuleOrder, who_is_needed_comes_first_and_the_rest_stays_as_it_was) {
  const auto order = order_modules({module("sales", "1.0.0", {{"crm", "^1.2"}, {"stock", "*"}}),
                                    module("ledger", "1.0.0"), module("crm", "1.4.0"),
                                    module("stock", "0.1.0", {{"crm", ">=1.0 <2.0"}})});
  EXPECT_THAT(order.sorted, ElementsAre("crm", "stock", "sales", "ledger"));
  EXPECT_TRUE(order.refused.empty());
}

TEST(ModuleOrder, a_missing_dependency_is_named_with_the_version_wanted) {
  const auto order =
      order_modules({module("sales", "1.0.0", {{"crm", "^1.2"}}),
                     module("report", "1.0.0", {{"sales", "*"}}), module("ledger", "1.0.0")});
  EXPECT_THAT(order.sorted, ElementsAre("ledger"));
  const auto& missing = order.refused.at("sales");
  EXPECT_EQ(missing.reason(), "module.missing");
  EXPECT_EQ(missing.code(), ErrorCode::conflict);
  EXPECT_THAT(missing.message(), HasSubstr("\"sales\" needs \"crm\" ^1.2"));
  const auto& blocked = order.refused.at("report");
  EXPECT_EQ(blocked.reason(), "module.blocked");
  EXPECT_THAT(blocked.message(), HasSubstr("\"report\" needs \"sales\""));
  EXPECT_THAT(blocked.message(), HasSubstr("\"crm\""));
}

TEST(ModuleOrder, one_that_is_too_old_or_too_new_is_named_with_what_is_there) {
  const auto order =
      order_modules({module("crm", "1.1.9"), module("old", "1.0.0", {{"crm", "^2.0"}}),
                     module("sales", "1.0.0", {{"crm", "^1.2"}})});
  EXPECT_EQ(order.refused.at("sales").reason(), "module.version");
  EXPECT_THAT(order.refused.at("sales").message(), HasSubstr("1.1.9 is there"));
  EXPECT_EQ(order.refused.at("old").reason(), "module.version");
  EXPECT_THAT(order.refused.at("sales").details(),
              HasSubstr(R"("needs":"crm","range":"^1.2","there":"1.1.9")"));
}

TEST(ModuleOrder, a_cycle_is_told_whole_and_leaves_the_others_in_order) {
  const auto order =
      order_modules({module("a", "1.0.0", {{"b", "*"}}), module("b", "1.0.0", {{"c", "*"}}),
                     module("c", "1.0.0", {{"a", "*"}}), module("d", "1.0.0"),
                     module("e", "1.0.0", {{"a", "*"}})});
  EXPECT_THAT(order.sorted, ElementsAre("d"));
  EXPECT_EQ(order.refused.at("c").reason(), "module.cycle");
  EXPECT_THAT(order.refused.at("c").message(), HasSubstr("a → b → c → a"));
  EXPECT_THAT(order.refused.at("a").message(), HasSubstr("a → b → c → a"));
  EXPECT_THAT(order.refused.at("b").message(), HasSubstr("a → b → c → a"));
  EXPECT_EQ(order.refused.at("e").reason(), "module.blocked");
}

TEST(ModuleOrder, one_that_needs_itself_is_a_cycle) {
  const auto order = order_modules({module("a", "1.0.0", {{"a", "*"}})});
  EXPECT_THAT(order.refused.at("a").message(), HasSubstr("a → a"));
}

TEST(ModuleOrder, what_is_there_already_may_be_needed_but_is_not_sorted) {
  const auto order =
      order_modules({module("crm", "1.0.0", {{"files", "^0.1"}})}, {module("files", "0.1.0")});
  EXPECT_THAT(order.sorted, ElementsAre("crm"));
}

TEST(ModuleOrder, who_needs_one_is_found) {
  const std::vector<Needs> all{module("crm", "1.0.0"), module("sales", "1.0.0", {{"crm", "*"}}),
                               module("report", "1.0.0", {{"crm", "*"}, {"sales", "*"}})};
  EXPECT_THAT(needing(all, "crm"), ElementsAre("report", "sales"));
  EXPECT_TRUE(needing(all, "report").empty());
}

}  // namespace
}  // namespace tenon::modules
