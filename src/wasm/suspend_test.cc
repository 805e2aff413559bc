// Calls that give their thread back: host functions that wait, and guests that compute for long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "wasm/test_program.h"

namespace tenon::wasm {
namespace {

using testing::HostileProgram;

/// Something that happens once, told by cancelling a timer that never ends.
class Event {
 public:
  explicit Event(asio::io_context& loop) : timer_(loop, Instant::max()) {}
  void happen() {
    happened_ = true;
    timer_.cancel();
  }
  asio::awaitable<Reply> wait_and_answer(std::string answer) {
    boost::system::error_code ignored;
    if (!happened_) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    co_return Reply::ok(std::move(answer));
  }

 private:
  asio::steady_timer timer_;
  bool happened_ = false;
};

class SuspendTest : public ::testing::Test {
 protected:
  /// Starts `name` on the loop; its result goes to `result`.
  void begin(Call& call, std::string_view name, Arguments arguments,
             std::optional<Result<Reply>>& result) {
    asio::co_spawn(guest.loop, HostileProgram::await(call, guest.find(name), arguments, result),
                   HostileProgram::rethrow);
  }

  HostileProgram guest;
  Event event{guest.loop};
  std::array<Value, 1> question{Value::text("question")};
};

TEST_F(SuspendTest, other_calls_proceed_while_a_host_function_waits) {
  guest.host.ask = [&](CallState&, const std::string& text) -> HostReply {
    return event.wait_and_answer(text + "!");
  };
  Call waiting(*guest.program, {}, &guest.host);
  Call other(*guest.program, {}, &guest.host);
  std::optional<Result<Reply>> first;
  std::optional<Result<Reply>> second;
  begin(waiting, "ask", question, first);
  begin(other, "fine", {}, second);
  while (!second) guest.loop.run_one();
  EXPECT_FALSE(first.has_value());
  event.happen();
  guest.loop.run();
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(first->has_value()) << first->error().for_log();
  EXPECT_EQ((*first)->payload(), "question!");
}

TEST_F(SuspendTest, other_calls_proceed_while_a_guest_loops) {
  Call looping(*guest.program,
               {.fuel = std::uint64_t{1} << 60, .guest_time = std::chrono::milliseconds(100)},
               &guest.host);
  Call other(*guest.program, {}, &guest.host);
  std::optional<Result<Reply>> first;
  std::optional<Result<Reply>> second;
  begin(looping, "spin", {}, first);
  begin(other, "fine", {}, second);
  while (!second) guest.loop.run_one();
  EXPECT_FALSE(first.has_value());
  guest.loop.run();
  EXPECT_EQ(first->error().reason(), "limit.guest_time");
}

TEST_F(SuspendTest, a_call_that_waits_for_nothing_needs_no_event_loop) {
  // On a busy machine a tick may fall into the call, but not into each of many.
  std::optional<Result<Reply>> reply;
  for (int i = 0; i < 100 && !reply; ++i) {
    Call call(*guest.program, {}, &guest.host);
    reply = call.start(guest.find("ask"), question);
  }
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->value().payload(), "question");
}

TEST_F(SuspendTest, waiting_for_the_host_uses_up_no_guest_time) {
  guest.host.ask = [&](CallState&, const std::string&) -> HostReply {
    return [](asio::io_context& loop) -> asio::awaitable<Reply> {
      asio::steady_timer timer(loop, std::chrono::milliseconds(60));
      co_await timer.async_wait(asio::use_awaitable);
      co_return Reply::ok("late");
    }(guest.loop);
  };
  Call call(*guest.program, {.guest_time = std::chrono::milliseconds(30)}, &guest.host);
  const auto reply = guest.run_on(call, "ask", {question[0]});
  ASSERT_TRUE(reply.has_value()) << reply.error().for_log();
  EXPECT_EQ(reply->payload(), "late");
  EXPECT_LT(call.bill().guest_time, std::chrono::milliseconds(30));
  EXPECT_GE(call.bill().wall_time, std::chrono::milliseconds(59));
}

TEST_F(SuspendTest, the_wall_budget_ends_a_wait_that_never_ends) {
  guest.host.ask = [&](CallState&, const std::string&) -> HostReply {
    return event.wait_and_answer("never");
  };
  const auto reply = guest.run("ask", {question[0]}, {.wall_time = std::chrono::milliseconds(20)});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().reason(), "limit.wall");
  EXPECT_EQ(guest.cause, TrapCause::wall_time);
  EXPECT_EQ(guest.engine->counts().live_stores, 0U);
}

TEST_F(SuspendTest, a_late_error_is_seen_by_the_guest) {
  guest.host.ask = [&](CallState&, const std::string&) -> HostReply {
    return [](asio::io_context& loop) -> asio::awaitable<Reply> {
      co_await asio::post(loop, asio::use_awaitable);
      co_return Reply::failed(ErrorCode::not_found, "gone");
    }(guest.loop);
  };
  const auto reply = guest.run("ask", {question[0]});
  ASSERT_TRUE(reply.has_value()) << reply.error().for_log();
  EXPECT_EQ(reply->failure().code, ErrorCode::not_found);
}

TEST_F(SuspendTest, a_late_trap_and_a_thrown_exception_end_the_call) {
  guest.host.ask = [](CallState&, const std::string&) -> HostReply {
    return []() -> asio::awaitable<Reply> {
      co_return Reply::trap(Error(ErrorCode::conflict, "stale").because("row.version"));
    }();
  };
  EXPECT_EQ(guest.run("ask", {question[0]}).error().reason(), "row.version");
  guest.host.ask = [](CallState&, const std::string&) -> HostReply {
    return []() -> asio::awaitable<Reply> {
      throw std::runtime_error("broken");
      co_return Reply::nothing();
    }();
  };
  EXPECT_EQ(guest.run("ask", {question[0]}).error().reason(), "host.exception");
}

TEST_F(SuspendTest, a_late_answer_of_another_type_ends_the_call) {
  guest.host.ask = [](CallState&, const std::string&) -> HostReply {
    return []() -> asio::awaitable<Reply> { co_return Reply::number(1); }();
  };
  EXPECT_EQ(guest.run("ask", {question[0]}).error().reason(), "host.reply");
}

TEST_F(SuspendTest, a_dynamic_host_function_may_wait_too) {
  guest.host.mix = [](Arguments arguments) -> HostReply {
    return [](std::int64_t number) -> asio::awaitable<Reply> {
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      ValueTree tree;
      tree.root = tree.compound(Kind::tuple, {Value::integer(number), tree.text("late")});
      co_return Reply::tree(std::move(tree));
    }(static_cast<std::int64_t>(arguments[0].number()));
  };
  const auto reply = guest.run("mix", {Value::number(9), Value::compound(Kind::list, {})});
  ASSERT_TRUE(reply.has_value()) << reply.error().for_log();
  EXPECT_EQ(reply->tree()->root.items()[0].integer(), 9);
}

TEST_F(SuspendTest, cancelling_the_caller_ends_a_wait_and_a_loop) {
  guest.host.ask = [&](CallState&, const std::string&) -> HostReply {
    return event.wait_and_answer("never");
  };
  for (const std::string_view name : {"ask", "spin"}) {
    Call call(*guest.program, testing::generous(), &guest.host);
    std::optional<Result<Reply>> result;
    asio::cancellation_signal signal;
    bool ended = false;
    asio::co_spawn(guest.loop,
                   HostileProgram::await(call, guest.find(name),
                                         name == "ask" ? Arguments(question) : Arguments(), result),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](const std::exception_ptr&) { ended = true; }));
    guest.loop.restart();
    guest.loop.run_one();
    signal.emit(asio::cancellation_type::terminal);
    guest.loop.run();
    EXPECT_TRUE(ended);
    EXPECT_EQ(call.cause(), TrapCause::cancelled) << name;
    EXPECT_EQ(guest.engine->counts().live_stores, 0U);
  }
}

TEST_F(SuspendTest, a_suspended_call_can_be_dropped) {
  guest.host.ask = [&](CallState&, const std::string&) -> HostReply {
    return event.wait_and_answer("never");
  };
  for (int i = 0; i < 100; ++i) {
    Call call(*guest.program, {}, &guest.host);
    EXPECT_FALSE(call.start(guest.find("ask"), question).has_value());
    EXPECT_EQ(call.start(guest.find("fine"), {})->error().reason(), "call.busy");
  }
  EXPECT_EQ(guest.engine->counts().live_stores, 0U);
  EXPECT_TRUE(guest.run("fine").has_value());
}

TEST_F(SuspendTest, an_event_loop_that_goes_away_takes_its_calls_with_it) {
  guest.host.ask = [&](CallState&, const std::string&) -> HostReply {
    return []() -> asio::awaitable<Reply> {
      asio::steady_timer timer(co_await asio::this_coro::executor, Instant::max());
      co_await timer.async_wait(asio::use_awaitable);
      co_return Reply::nothing();
    }();
  };
  {
    asio::io_context loop;
    asio::co_spawn(
        loop,
        [](HostileProgram& program, Value text) -> asio::awaitable<void> {
          Call call(*program.program, {}, &program.host);
          const std::array arguments{text};
          (void)co_await call.run(program.find("ask"), arguments);
        }(guest, question[0]),
        asio::detached);
    loop.poll();
    EXPECT_EQ(guest.engine->counts().live_stores, 1U);
  }
  EXPECT_EQ(guest.engine->counts().live_stores, 0U);
}

}  // namespace
}  // namespace tenon::wasm
