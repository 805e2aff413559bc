#include "wasm/component.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/test_program.h"

namespace tenon::wasm {
namespace {

using testing::guest;
using testing::need;
using testing::small_engine;

std::string reason_of(const Result<Component>& result) {
  return result ? "compiled" : result.error().reason();
}

TEST(Component, lists_imports_and_exports_with_their_types) {
  const auto engine = small_engine();
  const auto component = need(Component::compile(*engine, guest("v0")));
  ASSERT_EQ(component.imports().size(), 2U);
  EXPECT_EQ(component.imports()[0].interface, "erp:plugin/host");
  EXPECT_EQ(component.imports()[0].name, "db-insert");
  EXPECT_EQ(component.imports()[0].type, "(string, list<u8>) -> result<list<u8>, string>");
  EXPECT_EQ(component.imports()[1].type, "(string, string)");
  const Item* handle = component.find_export("erp:plugin/plugin", "handle-event");
  ASSERT_NE(handle, nullptr);
  EXPECT_EQ(handle->type, "(string, list<u8>) -> result<_, string>");
  EXPECT_EQ(component.find_export("erp:plugin/plugin", "shutdown"), nullptr);
}

TEST(Component, spells_records_enumerations_and_tuples_out) {
  const auto engine = small_engine();
  const auto component = need(Component::compile(*engine, guest("hostile")));
  std::vector<std::string> types;
  for (const Item& item : component.imports()) types.push_back(item.type);
  EXPECT_THAT(types,
              ::testing::Contains("(string) -> result<string, " + std::string(kErrorType) + ">"));
  EXPECT_THAT(types, ::testing::Contains("(u32, list<string>) -> tuple<s16, string>"));
}

TEST(Component, refuses_a_core_module_by_name) {
  const auto engine = small_engine();
  EXPECT_EQ(reason_of(Component::compile(*engine, guest("core"))), "wasm.core_module");
}

TEST(Component, refuses_what_is_not_wasm) {
  const auto engine = small_engine();
  EXPECT_EQ(reason_of(Component::compile(*engine, "MZ\x90 not wasm")), "wasm.not_wasm");
  EXPECT_EQ(reason_of(Component::compile(*engine, "")), "wasm.not_wasm");
  EXPECT_EQ(reason_of(Component::compile(*engine, std::string_view("\0asm\x0d", 5))),
            "wasm.truncated");
}

TEST(Component, refuses_every_proper_prefix_of_a_component) {
  const auto engine = small_engine();
  const std::string whole = guest("v0");
  for (std::size_t size = 9; size < whole.size(); size += 7) {
    const auto result = Component::compile(*engine, std::string_view(whole).substr(0, size));
    if (result) continue;  // a cut between sections can leave a smaller valid component
    EXPECT_THAT(result.error().reason(), ::testing::AnyOf("wasm.truncated", "wasm.invalid"))
        << size;
    EXPECT_EQ(result.error().code(), ErrorCode::invalid);
  }
  EXPECT_EQ(reason_of(Component::compile(*engine, std::string_view(whole).substr(0, 100))),
            "wasm.truncated");
}

TEST(Component, survives_every_single_corrupted_byte) {
  const auto engine = small_engine();
  const std::string whole = guest("v0");
  int refused = 0;
  for (std::size_t at = 8; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x5A);
    const auto result = Component::compile(*engine, bytes);
    if (result) continue;
    ++refused;
    EXPECT_EQ(result.error().code(), ErrorCode::invalid);
    EXPECT_FALSE(result.error().message().empty());
  }
  EXPECT_GT(refused, 100);
}

TEST(Component, loads_its_native_code_again_with_the_same_types) {
  const auto engine = small_engine();
  const auto component = need(Component::compile(*engine, guest("v0")));
  const std::string native = need(component.serialize());
  const auto again = need(Component::deserialize(*engine, native));
  EXPECT_EQ(again.exports().size(), component.exports().size());
  EXPECT_EQ(again.imports()[0].type, component.imports()[0].type);
}

TEST(Component, native_code_of_the_compile_child_loads_in_the_pooled_engine) {
  const auto child = need(Engine::create({.allocator = Allocator::on_demand}));
  const std::string native = need(need(Component::compile(*child, guest("v0"))).serialize());
  const auto engine = small_engine();
  EXPECT_TRUE(Component::deserialize(*engine, native).has_value());
}

TEST(Component, refuses_native_code_of_another_kind) {
  const auto engine = small_engine();
  EXPECT_EQ(reason_of(Component::deserialize(*engine, "no native code")), "wasm.native");
  const auto other = need(Engine::create({.live_calls = 32, .memory_reservation = 256U << 20}));
  const std::string native = need(need(Component::compile(*other, guest("v0"))).serialize());
  EXPECT_EQ(reason_of(Component::deserialize(*engine, native)), "wasm.native");
}

}  // namespace
}  // namespace tenon::wasm
