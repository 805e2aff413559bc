#include <gtest/gtest.h>

#include <concepts>
#include <string>

#include "contract/v0.h"
#include "contract/v1_0.h"

namespace tenon::contract {
namespace {

class MemoryHost final : public v0::Host {
 public:
  Answer<std::expected<Bytes, std::string>> db_insert(wasm::CallState&, std::string_view entity,
                                                      BytesView data) override {
    if (entity == "broken") return fail(ErrorCode::internal, "The disk is gone.");
    if (entity == "later") return later(std::string(data.data));
    if (entity != "test_entity") return std::unexpected(std::string("no such entity"));
    rows.emplace_back(data.data);
    return Bytes{"{}"};
  }
  Result<> log_write(wasm::CallState&, std::string_view level, std::string_view message) override {
    lines.push_back(std::string(level) + ": " + std::string(message));
    if (message == "bug") throw std::logic_error("a broken invariant");
    return {};
  }

  std::vector<std::string> rows;
  std::vector<std::string> lines;

 private:
  static Task<std::expected<Bytes, std::string>> later(std::string data) {
    co_return Bytes{std::move(data)};
  }
};

TEST(Contract, spells_types_as_the_linker_does) {
  EXPECT_EQ(v0::plugin::HandleEvent::kType, "(string, list<u8>) -> result<_, string>");
  EXPECT_EQ(v0::kLinkTable[0].type, "(string, list<u8>) -> result<list<u8>, string>");
  EXPECT_EQ(v0::kLinkTable[1].type, "(string, string)");
  EXPECT_EQ(v1_0::kLinkTable[0].type,
            "(string, string) -> result<string, " + std::string(wasm::kErrorType) + ">");
  EXPECT_EQ(v1_0::hooks::BeforeSave::kInterface, "erp:plugin/hooks@1.0.0");
}

TEST(Contract, lets_only_functions_with_a_result_suspend) {
  for (const auto& row : v1_0::kLinkTable)
    EXPECT_EQ(row.waits == wasm::Waits::maybe,
              row.type.find("-> result<") != std::string_view::npos)
        << row.interface << '#' << row.name;
}

TEST(Contract, answers_at_once_later_or_by_ending_the_call) {
  MemoryHost host;
  wasm::CallState call;
  auto now = host.db_insert(call, "test_entity", BytesView{"{\"name\":\"test\"}"}).reply();
  ASSERT_NE(now.ready(), nullptr);
  EXPECT_EQ(now.ready()->payload(), "{}");
  EXPECT_EQ(host.rows.size(), 1U);

  auto refused = host.db_insert(call, "other", BytesView{"{}"}).reply();
  ASSERT_NE(refused.ready(), nullptr);
  EXPECT_TRUE(refused.ready()->is_failure());
  EXPECT_EQ(refused.ready()->failure().message, "no such entity");

  auto ended = host.db_insert(call, "broken", BytesView{"{}"});
  ASSERT_NE(ended.ready(), nullptr);
  EXPECT_FALSE(ended.ready()->has_value());

  EXPECT_NE(host.db_insert(call, "later", BytesView{"{}"}).reply().later(), nullptr);
}

TEST(Contract, turns_an_exception_of_a_host_function_into_the_end_of_the_call) {
  MemoryHost host;
  wasm::CallState call;
  auto reply =
      guarded([&]() -> wasm::HostReply { return to_reply(host.log_write(call, "info", "bug")); });
  ASSERT_NE(reply.ready(), nullptr);
}

template <class F, class... A>
concept Callable = requires(const Function<F>& function, wasm::Call& call, A... arguments) {
  function.run(call, arguments...);
};

TEST(Contract, refuses_wrong_argument_types_when_compiling) {
  using v0::plugin::HandleEvent;
  static_assert(Callable<HandleEvent, std::string_view, BytesView>);
  static_assert(!Callable<HandleEvent, std::string_view, std::string_view>);
  static_assert(!Callable<HandleEvent, std::string_view>);
  static_assert(!Callable<HandleEvent, std::string_view, BytesView, bool>);
  static_assert(
      std::same_as<v1_0::actions::Run::Output, std::expected<std::string, wasm::Failure>>);
}

TEST(Contract, lends_arguments_without_copying_them) {
  const std::string type = "customer.created";
  NoStorage storage;
  auto values = v0::plugin::HandleEvent::arguments(storage, type, BytesView{"{}"});
  EXPECT_EQ(values[0].text().data(), type.data());
  EXPECT_EQ(values[1].kind(), wasm::Kind::bytes);
}

TEST(Contract, keeps_the_error_record_whole) {
  auto reply = wasm::Reply::failed(ErrorCode::conflict, "changed", "[]");
  auto outcome = from_reply<v1_0::hooks::BeforeSave::Output>(std::move(reply));
  ASSERT_TRUE(outcome.has_value());
  ASSERT_FALSE(outcome->has_value());
  EXPECT_EQ(outcome->error().code, ErrorCode::conflict);
  EXPECT_EQ(outcome->error().message, "changed");
  EXPECT_EQ(outcome->error().fields, "[]");
}

template <class T>
T round_trip(const T& value) {
  wasm::ValueTree tree;
  return decode<T>(encode(tree, value));
}

TEST(Contract, brings_every_supported_type_back_unchanged) {
  EXPECT_EQ(round_trip(true), true);
  EXPECT_EQ(round_trip<std::uint64_t>(~0ULL), ~0ULL);
  EXPECT_EQ(round_trip<std::int32_t>(-7), -7);
  EXPECT_EQ(round_trip(0.25), 0.25);
  EXPECT_EQ(round_trip(v1_0::log::Level::warn), v1_0::log::Level::warn);
  EXPECT_EQ(round_trip(std::vector<std::string>{"榫", ""}), (std::vector<std::string>{"榫", ""}));
  EXPECT_EQ(round_trip(std::optional<std::string>()), std::nullopt);
  EXPECT_EQ(round_trip(std::optional<std::string>("x")), "x");
  const auto tuple = std::tuple<std::uint8_t, std::string>{7, "seven"};
  EXPECT_EQ(round_trip(tuple), tuple);
  using Outcome = std::expected<std::uint32_t, std::string>;
  EXPECT_EQ(round_trip(Outcome(7U)), Outcome(7U));
  EXPECT_EQ(round_trip(Outcome(std::unexpected("no"))), Outcome(std::unexpected("no")));
}

}  // namespace
}  // namespace tenon::contract
