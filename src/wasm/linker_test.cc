#include "wasm/linker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/test_program.h"

namespace tenon::wasm {
namespace {

using testing::define_v0;
using testing::guest;
using testing::need;
using testing::small_engine;

HostReply nothing(CallState&, Arguments) { return Reply::nothing(); }

TEST(Linker, names_every_import_that_is_not_offered) {
  const auto engine = small_engine();
  const Linker linker(*engine);
  const auto program = linker.link(need(Component::compile(*engine, guest("v0"))));
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().reason(), "wasm.import");
  ASSERT_EQ(program.error().fields().size(), 2U);
  EXPECT_EQ(program.error().fields()[0].path, "erp:plugin/host#db-insert");
  EXPECT_THAT(program.error().message(), ::testing::HasSubstr("erp:plugin/host#log-write"));
}

TEST(Linker, refuses_an_import_of_another_type) {
  const auto engine = small_engine();
  Linker linker(*engine);
  need(linker.define("erp:plugin/host", "db-insert", "(string) -> bool", Waits::never, nothing));
  need(linker.define("erp:plugin/host", "log-write", "(string, string)", Waits::never, nothing));
  const auto program = linker.link(need(Component::compile(*engine, guest("v0"))));
  ASSERT_FALSE(program.has_value());
  ASSERT_EQ(program.error().fields().size(), 1U);
  EXPECT_THAT(program.error().fields()[0].message, ::testing::HasSubstr("list<u8>"));
}

TEST(Linker, refuses_a_second_definition_and_one_after_linking) {
  const auto engine = small_engine();
  Linker linker(*engine);
  define_v0(linker);
  EXPECT_EQ(
      linker.define("erp:plugin/host", "log-write", "()", Waits::never, nothing).error().code(),
      ErrorCode::conflict);
  need(linker.link(need(Component::compile(*engine, guest("v0")))));
  EXPECT_EQ(linker.define("erp:plugin/host", "more", "()", Waits::never, nothing).error().code(),
            ErrorCode::conflict);
}

TEST(Program, finds_only_the_exports_that_are_there) {
  const auto engine = small_engine();
  Linker linker(*engine);
  define_v0(linker);
  const auto program = need(linker.link(need(Component::compile(*engine, guest("v0")))));
  EXPECT_TRUE(program.find("erp:plugin/plugin", "init").has_value());
  EXPECT_FALSE(program.find("erp:plugin/plugin", "shutdown").has_value());
  EXPECT_FALSE(program.find("", "init").has_value());
}

TEST(Program, outlives_its_linker) {
  const auto engine = small_engine();
  auto linker = std::make_unique<Linker>(*engine);
  define_v0(*linker);
  const auto program = need(linker->link(need(Component::compile(*engine, guest("v0")))));
  linker.reset();
  Call call(program, {}, nullptr);
  const auto arguments = std::array{Value::text("customer.created"), Value::bytes("{}")};
  const Export handle = program.find("erp:plugin/plugin", "handle-event").value();
  EXPECT_TRUE(testing::run_to_end(call, handle, arguments).has_value());
}

}  // namespace
}  // namespace tenon::wasm
