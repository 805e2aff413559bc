// The verification plan this project began with, on real components and real SQLite. V1 is a build
// test (tools/wit_host_test, tests/guests) and V6 also runs against a live server (v6_test.py).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "base/json.h"
#include "support/plugin_kit.h"

namespace tenon {
namespace {

using testing::Called;
using ::testing::HasSubstr;
using testing::PluginKit;

json::array rows_of(PluginKit& kit, const std::string& plugin, const std::string& entity) {
  return json::parse(kit.rows(plugin, entity)).value().as_array();
}

/// Both samples behave alike, whatever they are written in.
class Samples : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "rust_v0" && !TENON_RUST_GUESTS)
      GTEST_SKIP() << "Rust guests are not built here";
    const auto installed = kit.install(testing::manifest_v0("sample"), testing::guest(GetParam()));
    ASSERT_TRUE(installed) << installed.error().for_log();
  }
  PluginKit kit;
};

INSTANTIATE_TEST_SUITE_P(Runtime, Samples, ::testing::Values("cpp_v0", "rust_v0"),
                         [](const auto& info) { return info.param; });

TEST_P(Samples, V2_init_succeeds_and_its_log_line_is_seen_by_the_host) {
  const Called called = kit.init("sample").get();
  ASSERT_TRUE(called.outcome.result) << called.outcome.result.error().for_log();
  ASSERT_EQ(called.outcome.log.size(), 1U);
  EXPECT_EQ(called.outcome.log[0].level, plugins::LogLevel::info);
  EXPECT_EQ(called.outcome.log[0].message, "测试插件初始化成功");
}

TEST_P(Samples, V3_one_event_leaves_exactly_one_row) {
  const Called called = kit.handle_event("sample", "order.created", "{}").get();
  ASSERT_TRUE(called.outcome.result) << called.outcome.result.error().for_log();
  ASSERT_TRUE(called.committed) << called.committed.error().for_log();
  const auto rows = rows_of(kit, "sample", "test_entity");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("name").as_string(), "test");
  EXPECT_EQ(called.outcome.log.at(0).message, "处理事件 order.created 成功");
  EXPECT_EQ(called.outcome.bill.rows_written, 1U);
}

TEST_P(Samples, V3_a_failed_insert_is_passed_on_as_the_guests_error) {
  // The entity is there under another name, so the insert is refused and nothing is left.
  std::string manifest = testing::manifest_v0("other");
  manifest.replace(manifest.find("test_entity"), 11, "else_entity");
  ASSERT_TRUE(kit.install(manifest, testing::guest(GetParam())));
  const Called called = kit.handle_event("other", "order.created", "{}").get();
  ASSERT_FALSE(called.outcome.result);
  EXPECT_EQ(called.outcome.result.error().code(), ErrorCode::not_found);
  EXPECT_EQ(called.outcome.result.error().reason(), "plugin.refused");
  EXPECT_THAT(called.outcome.result.error().message(), HasSubstr("test_entity"));
  EXPECT_TRUE(rows_of(kit, "other", "else_entity").empty());
}

TEST_P(Samples, V4_a_call_waits_for_the_database_while_others_run_on_the_same_guest_thread) {
  // Somebody else holds the writer lease: db-insert has to wait, and the guest with it.
  auto lease = kit.wait(kit.tenant().database().lease(Deadline::after(std::chrono::seconds(2))));
  ASSERT_TRUE(lease);
  auto waiting = kit.handle_event("sample", "order.created", "{}");
  for (int i = 0; i < 100; ++i) {
    const Called other = kit.init("sample").get();
    ASSERT_TRUE(other.outcome.result) << other.outcome.result.error().for_log();
  }
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  lease->rollback();
  const Called called = waiting.get();
  ASSERT_TRUE(called.outcome.result) << called.outcome.result.error().for_log();
  ASSERT_TRUE(called.committed);
  EXPECT_EQ(rows_of(kit, "sample", "test_entity").size(), 1U);
}

TEST_P(Samples, V5_init_with_100_units_of_fuel_fails_by_name) {
  Limits limits;
  limits.fuel = 100;
  const Called called = kit.init("sample", limits).get();
  ASSERT_FALSE(called.outcome.result);
  EXPECT_EQ(called.outcome.result.error().code(), ErrorCode::exhausted);
  EXPECT_EQ(called.outcome.result.error().reason(), "limit.fuel");
  EXPECT_THAT(called.outcome.result.error().details(), HasSubstr("\"bill\""));
  EXPECT_TRUE(kit.init("sample").get().outcome.result) << "the host goes on";
}

TEST_P(Samples, V6_a_component_runs_from_a_file_and_back_out_of_the_database) {
  const auto stored = kit.tenant().component("sample");
  ASSERT_TRUE(stored);
  EXPECT_EQ(*stored, testing::guest(GetParam()));
  const auto plugin = kit.host().loader().load(testing::manifest_v0("sample"), *stored);
  ASSERT_TRUE(plugin) << plugin.error().for_log();
}

/// One guest that misbehaves on request.
struct Misdeed {
  std::string name;
  ErrorCode code;
  std::string reason;  // a prefix
};

class Misbehaving : public ::testing::TestWithParam<Misdeed> {
 protected:
  void SetUp() override {
    const std::string folder = std::string(TENON_SOURCE_DIR) + "/tests/guests/trapping/plugin.toml";
    const auto installed = kit.install(testing::read_file(folder), testing::guest("trapping"));
    ASSERT_TRUE(installed) << installed.error().for_log();
    entity = (*installed)->manifest.hooks.at(0).entity;
    for (const auto& declared : (*installed)->manifest.entities) entities.push_back(declared.name);
  }
  PluginKit kit;
  std::string entity;
  std::vector<std::string> entities;
};

INSTANTIATE_TEST_SUITE_P(Runtime, Misbehaving,
                         ::testing::Values(Misdeed{"loop", ErrorCode::exhausted, "limit."},
                                           Misdeed{"bomb", ErrorCode::exhausted, "limit.memory"},
                                           Misdeed{"stack", ErrorCode::exhausted, "limit.stack"},
                                           Misdeed{"trap", ErrorCode::internal, "plugin.trap"}),
                         [](const auto& info) { return info.param.name; });

TEST_P(Misbehaving, V5_is_stopped_with_its_own_error_leaves_no_row_and_the_host_goes_on) {
  const Called called =
      kit.before_save("trapping", entity, R"({"name":")" + GetParam().name + "\"}").get();
  ASSERT_FALSE(called.outcome.result);
  EXPECT_EQ(called.outcome.result.error().code(), GetParam().code);
  EXPECT_THAT(called.outcome.result.error().reason(), ::testing::StartsWith(GetParam().reason));
  for (const std::string& name : entities)
    EXPECT_TRUE(rows_of(kit, "trapping", name).empty()) << name;
  const Called fine = kit.before_save("trapping", entity, R"({"name":"fine"})").get();
  EXPECT_TRUE(fine.outcome.result) << fine.outcome.result.error().for_log();
  EXPECT_EQ(kit.engine().counts().live_stores, 0U);
}

}  // namespace
}  // namespace tenon
