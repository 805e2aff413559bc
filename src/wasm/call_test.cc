#include "wasm/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "wasm/test_program.h"

namespace tenon::wasm {
namespace {

using testing::HostileProgram;

class CallTest : public ::testing::Test {
 protected:
  /// Runs `name` and expects that it ends with `cause` and `reason`.
  void expect_end(std::string_view name, TrapCause cause, std::string_view reason,
                  ErrorCode code = ErrorCode::exhausted, const Limits& limits = {}) {
    const auto reply = guest.run(name, {}, limits);
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().reason(), reason) << reply.error().for_log();
    EXPECT_EQ(reply.error().code(), code);
    EXPECT_EQ(guest.cause, cause);
    EXPECT_EQ(guest.engine->counts().live_stores, 0U);
  }
  /// The guest works as before.
  void expect_healthy() { EXPECT_TRUE(guest.run("fine").has_value()); }

  HostileProgram guest;
};

TEST_F(CallTest, gives_ok_and_error_of_a_result) {
  EXPECT_FALSE(guest.run("fine").value().is_failure());
  const auto refused = guest.run("refuse");
  ASSERT_TRUE(refused.has_value());
  EXPECT_TRUE(refused->is_failure());
  EXPECT_EQ(refused->failure().message, "no");
}

TEST_F(CallTest, ends_a_guest_that_used_up_its_fuel) {
  expect_end("spin", TrapCause::out_of_fuel, "limit.fuel", ErrorCode::exhausted, {.fuel = 100'000});
  expect_healthy();
}

TEST_F(CallTest, ends_an_endless_loop_at_the_deadline) {
  const Limits limits{.fuel = std::uint64_t{1} << 60, .guest_time = std::chrono::milliseconds(30)};
  const auto before = std::chrono::steady_clock::now();
  expect_end("spin", TrapCause::guest_time, "limit.guest_time", ErrorCode::exhausted, limits);
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, std::chrono::milliseconds(29));
  EXPECT_LT(took, std::chrono::seconds(2));
  expect_healthy();
}

TEST_F(CallTest, keeps_the_backtrace_of_a_trap_private) {
  const auto reply = guest.run("crash");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(guest.cause, TrapCause::trap);
  EXPECT_EQ(reply.error().reason(), "plugin.trap");
  EXPECT_EQ(reply.error().code(), ErrorCode::internal);
  EXPECT_THAT(reply.error().detail(), ::testing::HasSubstr("unreachable"));
  EXPECT_THAT(reply.error().message(), ::testing::Not(::testing::HasSubstr("unreachable")));
}

TEST_F(CallTest, ends_an_allocation_bomb) {
  expect_end("bomb", TrapCause::memory, "limit.memory");
  expect_healthy();
}

TEST_F(CallTest, lets_a_guest_go_on_without_the_memory_it_was_refused) {
  Call call(*guest.program, {}, &guest.host);
  EXPECT_TRUE(guest.run_on(call, "modest").has_value());
  EXPECT_EQ(call.bill().peak_memory, 2U * 65'536);
}

TEST_F(CallTest, refuses_an_instance_larger_than_the_limit) {
  expect_end("fine", TrapCause::memory, "limit.memory", ErrorCode::exhausted,
             {.memory_bytes = 65'536});
}

TEST_F(CallTest, refuses_a_component_with_too_many_parts) {
  expect_end("fine", TrapCause::instances, "limit.instances", ErrorCode::exhausted,
             {.instances = 1});
}

TEST_F(CallTest, ends_a_table_bomb) { expect_end("table-bomb", TrapCause::table, "limit.table"); }

TEST_F(CallTest, ends_a_stack_overflow) {
  expect_end("deep", TrapCause::stack, "limit.stack");
  expect_healthy();
}

TEST_F(CallTest, ends_a_crossing_that_is_too_large) {
  expect_end("shout", TrapCause::crossing, "limit.crossing");
  EXPECT_EQ(guest.host.notes, 0);
}

TEST_F(CallTest, ends_a_guest_that_gives_text_that_is_not_utf8) {
  expect_end("garble", TrapCause::trap, "plugin.trap", ErrorCode::internal);
  EXPECT_EQ(guest.host.notes, 0);
}

TEST_F(CallTest, ends_with_the_error_of_a_host_function) {
  guest.host.ask = [](CallState&, const std::string&) -> HostReply {
    return Reply::trap(Error(ErrorCode::denied, "not yours").because("right.missing"));
  };
  const auto reply = guest.run("ask", {Value::text("x")});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code(), ErrorCode::denied);
  EXPECT_EQ(reply.error().reason(), "right.missing");
  EXPECT_EQ(guest.cause, TrapCause::host_error);
}

TEST_F(CallTest, hands_the_error_record_of_a_host_function_through_the_guest) {
  guest.host.ask = [](CallState&, const std::string&) -> HostReply {
    return Reply::failed(ErrorCode::conflict, "版本", R"([{"path":"/a"}])");
  };
  const auto reply = guest.run("ask", {Value::text("x")});
  ASSERT_TRUE(reply.has_value()) << reply.error().for_log();
  ASSERT_TRUE(reply->is_failure());
  EXPECT_EQ(reply->failure().code, ErrorCode::conflict);
  EXPECT_EQ(reply->failure().message, "版本");
  EXPECT_EQ(reply->failure().fields, R"([{"path":"/a"}])");
}

TEST_F(CallTest, ends_when_a_host_function_answers_with_another_type) {
  guest.host.ask = [](CallState&, const std::string&) -> HostReply { return Reply::number(1); };
  const auto reply = guest.run("ask", {Value::text("x")});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().reason(), "host.reply");
}

TEST_F(CallTest, echoes_text_and_bytes_of_any_size) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{200'000}}) {
    const std::string text(size, 'x');
    EXPECT_EQ(guest.run("echo", {Value::text(text)}).value().payload(), text);
    const std::string bytes(size, '\xFF');
    const auto reply = guest.run("echo-bytes", {Value::text("n"), Value::bytes(bytes)});
    EXPECT_EQ(reply.value().payload(), bytes);
  }
}

TEST_F(CallTest, refuses_arguments_that_do_not_fit) {
  const auto reason = [&](std::vector<Value> arguments) {
    return guest.run("echo", std::move(arguments)).error().reason();
  };
  EXPECT_EQ(reason({}), "wasm.arguments");
  EXPECT_EQ(reason({Value::number(1)}), "wasm.arguments");
  EXPECT_EQ(reason({Value::text("a"), Value::text("b")}), "wasm.arguments");
  EXPECT_EQ(reason({Value::text("\xFF")}), "wasm.arguments");
}

TEST_F(CallTest, crosses_types_without_a_fast_shape_as_dynamic_values) {
  guest.host.mix = [](Arguments arguments) -> HostReply {
    std::string words;
    for (const Value& word : arguments[1].items()) words += std::string(word.text()) + ";";
    ValueTree tree;
    tree.root = tree.compound(Kind::tuple,
                              {Value::integer(-static_cast<std::int64_t>(arguments[0].number())),
                               tree.text(std::move(words))});
    return Reply::tree(std::move(tree));
  };
  const std::array words{Value::text("a"), Value::text("b")};
  const auto reply = guest.run("mix", {Value::number(7), Value::compound(Kind::list, words)});
  ASSERT_TRUE(reply.has_value()) << reply.error().for_log();
  ASSERT_NE(reply->tree(), nullptr);
  const auto parts = reply->tree()->root.items();
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].integer(), -7);
  EXPECT_EQ(parts[1].text(), "a;b;");
}

TEST_F(CallTest, ends_when_a_dynamic_answer_does_not_fit) {
  guest.host.mix = [](Arguments) -> HostReply { return Reply::payload("x"); };
  const auto reply = guest.run("mix", {Value::number(7), Value::compound(Kind::list, {})});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().reason(), "host.reply");
  EXPECT_EQ(guest.run("mix", {Value::text("no")}).error().reason(), "wasm.arguments");
}

TEST_F(CallTest, starts_from_nothing_each_time) {
  EXPECT_TRUE(guest.run("once").has_value());
  EXPECT_TRUE(guest.run("once").has_value());
}

TEST_F(CallTest, keeps_its_instance_for_a_second_run) {
  Call call(*guest.program, {}, &guest.host);
  EXPECT_TRUE(guest.run_on(call, "once").has_value());
  EXPECT_EQ(guest.run_on(call, "once").error().reason(), "plugin.trap");
  EXPECT_EQ(guest.run_on(call, "fine").error().reason(), "call.poisoned");
}

TEST_F(CallTest, bills_fuel_memory_host_calls_and_bytes) {
  Call call(*guest.program, {}, &guest.host);
  ASSERT_TRUE(guest.run_on(call, "ask", {Value::text("12345")}).has_value());
  const Bill bill = call.bill();
  EXPECT_GT(bill.fuel, 10U);
  EXPECT_LT(bill.fuel, 10'000U);
  EXPECT_EQ(bill.host_calls, 1U);
  EXPECT_EQ(bill.bytes_from_guest, 10U);  // the question, then the answer
  EXPECT_EQ(bill.bytes_to_guest, 10U);
  EXPECT_EQ(bill.peak_memory, 2U * 65'536);
  EXPECT_GE(bill.wall_time, bill.guest_time);
}

TEST_F(CallTest, ten_thousand_calls_leave_nothing_behind) {
  for (int i = 0; i < 10'000; ++i) {
    Call call(*guest.program, testing::generous(), &guest.host);
    const bool crash = i % 10 == 0;
    const auto reply = testing::run_to_end(call, guest.find(crash ? "crash" : "fine"), {});
    ASSERT_EQ(reply.has_value(), !crash);
  }
  EXPECT_EQ(guest.engine->counts().live_stores, 0U);
  EXPECT_EQ(guest.engine->counts().running_calls, 0U);
}

TEST_F(CallTest, says_so_when_the_pool_is_full) {
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 32; ++i) {
    auto& call = calls.emplace_back(std::make_unique<Call>(*guest.program, Limits{}, &guest.host));
    ASSERT_TRUE(testing::run_to_end(*call, guest.find("fine"), {}).has_value());
  }
  const auto last = guest.run("fine");
  ASSERT_FALSE(last.has_value());
  EXPECT_EQ(last.error().reason(), "engine.full");
  EXPECT_EQ(last.error().code(), ErrorCode::unavailable);
  calls.clear();
  expect_healthy();
}

}  // namespace
}  // namespace tenon::wasm
