// The generated bindings against real components: every type text must be the one the engine reads
// out of a guest that wit-bindgen built from the same WIT.

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "async/resume.h"
#include "async/testing.h"
#include "contract/v0.h"
#include "contract/v1_0.h"
#include "wasm/component.h"
#include "wasm/engine.h"

namespace tenon::contract {
namespace {

enum class Answers : std::uint8_t { at_once, later, with_an_error, by_ending_the_call };

class MemoryHost final : public v0::Host {
 public:
  Answer<std::expected<Bytes, std::string>> db_insert(wasm::CallState&, std::string_view entity,
                                                      BytesView data) override {
    switch (answers) {
      case Answers::at_once:
        rows.push_back(std::string(entity) + " " + std::string(data.data));
        return Bytes{"{}"};
      case Answers::later:
        return insert_later(std::string(entity), std::string(data.data));
      case Answers::with_an_error:
        return std::unexpected(std::string("the disk is full"));
      case Answers::by_ending_the_call:
        break;
    }
    return fail(Error(ErrorCode::exhausted, "No more rows.").because("limit.rows_written"));
  }
  Result<> log_write(wasm::CallState&, std::string_view level, std::string_view message) override {
    lines.push_back(std::string(level) + " " + std::string(message));
    return {};
  }

  Answers answers = Answers::at_once;
  std::vector<std::string> rows;
  std::vector<std::string> lines;

 private:
  Task<std::expected<Bytes, std::string>> insert_later(std::string entity, std::string data) {
    co_await suspend([](Resume resume, const auto&) { resume(); });
    rows.push_back(entity + " " + data);
    co_return Bytes{"{}"};
  }
};

wasm::Component compile(const wasm::Engine& engine, const std::string& name) {
  std::ifstream file(std::string(TENON_GUESTS) + "/" + name + ".wasm", std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  auto component = wasm::Component::compile(engine, bytes.str());
  EXPECT_TRUE(component.has_value()) << component.error().for_log();
  return *std::move(component);
}

class ContractGuest : public ::testing::Test {
 protected:
  ContractGuest() : engine(*wasm::Engine::create({.live_calls = 4})), linker(*engine) {
    auto linked = v0::link(linker, {.host = host});
    EXPECT_TRUE(linked.has_value());
    auto made = linker.link(compile(*engine, "cpp_v0"));
    EXPECT_TRUE(made.has_value());
    program.emplace(*std::move(made));
  }

  Result<std::expected<void, std::string>> send_event() {
    const auto function = find<v0::plugin::HandleEvent>(*program);
    EXPECT_TRUE(function.has_value() && function->has_value());
    wasm::Call call(*program, {}, nullptr);
    return tenon::testing::run(
        (*function)->run(call, std::string_view("order.posted"), BytesView{"{}"}));
  }

  MemoryHost host;
  std::unique_ptr<wasm::Engine> engine;
  wasm::Linker linker;
  std::optional<wasm::Program> program;
};

TEST_F(ContractGuest, inserts_one_row_and_logs_through_the_typed_host) {
  const auto outcome = send_event();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().for_log();
  EXPECT_TRUE(outcome->has_value());
  EXPECT_EQ(host.rows, std::vector<std::string>{R"(test_entity {"name":"test"})"});
  EXPECT_EQ(host.lines, std::vector<std::string>{"info 处理事件 order.posted 成功"});
}

TEST_F(ContractGuest, waits_for_an_answer_that_comes_later) {
  host.answers = Answers::later;
  const auto outcome = send_event();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().for_log();
  EXPECT_TRUE(outcome->has_value());
  EXPECT_EQ(host.rows.size(), 1U);
}

TEST_F(ContractGuest, hands_an_error_to_the_guest_and_back) {
  host.answers = Answers::with_an_error;
  const auto outcome = send_event();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().for_log();
  ASSERT_FALSE(outcome->has_value());
  EXPECT_EQ(outcome->error(), "the disk is full");
}

TEST_F(ContractGuest, ends_the_call_with_the_error_of_the_host) {
  host.answers = Answers::by_ending_the_call;
  const auto outcome = send_event();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code(), ErrorCode::exhausted);
  EXPECT_EQ(outcome.error().reason(), "limit.rows_written");
}

TEST_F(ContractGuest, finds_no_export_of_another_contract) {
  const auto function = find<v1_0::hooks::BeforeSave>(*program);
  ASSERT_TRUE(function.has_value());
  EXPECT_FALSE(function->has_value());
}

struct ChangedEvent : v0::plugin::HandleEvent {
  static constexpr std::string_view kType = "(string, string) -> result<_, string>";
};

TEST_F(ContractGuest, refuses_an_export_of_another_type) {
  const auto function = find<ChangedEvent>(*program);
  ASSERT_FALSE(function.has_value());
  EXPECT_EQ(function.error().reason(), "contract.export_type");
}

TEST_F(ContractGuest, reads_the_same_types_out_of_a_component_of_v1) {
  const auto component = compile(*engine, "crm");
  std::size_t functions = 0;
  for (const auto& item : component.imports()) {
    for (const auto& row : v1_0::kLinkTable) {
      if (row.interface != item.interface || row.name != item.name) continue;
      EXPECT_EQ(row.type, item.type) << item.interface << '#' << item.name;
      ++functions;
    }
  }
  EXPECT_GT(functions, 0U);
  const auto* hook =
      component.find_export(v1_0::hooks::BeforeSave::kInterface, v1_0::hooks::BeforeSave::kName);
  ASSERT_NE(hook, nullptr);
  EXPECT_EQ(hook->type, v1_0::hooks::BeforeSave::kType);
}

}  // namespace
}  // namespace tenon::contract
