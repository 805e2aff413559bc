// Who hears of what, in which transaction, and for how long. Events are claimed from a real outbox
// and handed to the bus step by step; the courier's own loop is tried where it matters.
#include "modules/event_bus.h"

#include <atomic>

#include "async/event.h"
#include "async/executor_pool.h"
#include "async/task_group.h"
#include "async/timer.h"
#include "data/test_fixture.h"
#include "modules/record_event.h"

namespace tenon::modules {
namespace {

using data::testing::soon;
using tenon::testing::run;

Task<> good() { co_return Result<>(); }
Task<> bad(std::string why) {
  co_return fail(Error(ErrorCode::unavailable, std::move(why)).because("test.bad"));
}

class EventBusTest : public data::testing::TenantTest {
 protected:
  EventBus bus_{clock_};
  Timestamp now_ = clock_.now();

  std::vector<data::Event> exchange(data::Settlement done, std::size_t limit = 10) {
    now_ = std::max(now_, clock_.now());
    auto events = run(tenant_->outbox().exchange(std::move(done), limit, now_, soon()));
    EXPECT_TRUE(events) << events.error().for_log();
    return events ? std::move(*events) : std::vector<data::Event>();
  }
  Result<> deliver(const data::Event& event, Deadline deadline = soon()) {
    return run(bus_.deliver(tenant_, event, deadline));
  }
  /// Delivers what is due, once. Gives the events.
  std::vector<data::Event> pump() {
    auto events = exchange({});
    data::Settlement done;
    for (const auto& event : events) {
      const auto delivered = deliver(event);
      if (delivered)
        done.delivered.push_back(event.claim);
      else
        done.failed.push_back({event.claim, delivered.error().for_log()});
    }
    exchange(std::move(done), 0);
    return events;
  }
  std::string kinds(const std::vector<data::Event>& events) {
    std::string text;
    for (const auto& event : events) text += (text.empty() ? "" : " ") + event.type;
    return text;
  }
  /// A subscription that notes the types it hears.
  Subscription listen(std::string consumer, Wanted wanted, std::string& heard) {
    auto made = bus_.subscribe_filtered(std::move(consumer), std::move(wanted),
                                        [&heard](DeliveryHandle delivery, data::UnitOfWork&) {
                                          heard += delivery->event.type + ";";
                                          return good();
                                        });
    EXPECT_TRUE(made) << made.error().for_log();
    return *std::move(made);
  }
};

TEST_F(EventBusTest, tells_those_whose_pattern_fits_and_whose_tenant_it_is) {
  std::string all, companies, deleted, others;
  const auto a = listen("a", {{"*"}}, all);
  const auto b = listen("b", {{"crm.company.*"}, "acme"}, companies);
  const auto c = listen("c", {{"*.deleted", "nothing.*"}}, deleted);
  const auto d = listen("d", {{"*"}, "globex"}, others);
  ASSERT_TRUE(insert("company", R"({"name":"Acme"})"));
  const auto customer = insert("customer", R"({"name":"Wang"})");
  ASSERT_TRUE(customer);
  pump();
  ASSERT_TRUE(within([&](data::UnitOfWork& unit) -> Result<> {
    return unit.erase(entity("customer"), customer->id, std::nullopt);
  }));
  pump();
  EXPECT_EQ(all, "crm.company.created;crm.customer.created;crm.customer.deleted;");
  EXPECT_EQ(companies, "crm.company.created;");
  EXPECT_EQ(deleted, "crm.customer.deleted;");
  EXPECT_EQ(others, "");
}

TEST_F(EventBusTest, refuses_what_is_no_pattern) {
  const auto made = bus_.subscribe_filtered(
      "a", {{"order.*", "Or*"}}, [](DeliveryHandle, data::UnitOfWork&) { return good(); });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason(), "event.pattern");
}

TEST_F(EventBusTest, unsubscribing_stops_delivery_by_id_by_end_of_life_and_by_close) {
  std::string by_id, by_life, by_close, kept;
  const auto a = listen("a", {{"*"}}, by_id);
  std::optional<Subscription> b(listen("b", {{"*"}}, by_life));
  auto c = listen("c", {{"*"}}, by_close);
  const auto d = listen("d", {{"*"}}, kept);
  ASSERT_TRUE(insert("company", R"({"name":"one"})"));
  pump();
  bus_.unsubscribe(a.id());
  b.reset();
  ASSERT_TRUE(run(c.close(soon())));
  EXPECT_EQ(c.id(), 0U);
  ASSERT_TRUE(run(c.close(soon()))) << "a second time is nothing";
  ASSERT_TRUE(insert("company", R"({"name":"two"})"));
  pump();
  const std::string once = "crm.company.created;";
  EXPECT_EQ(by_id, once);
  EXPECT_EQ(by_life, once);
  EXPECT_EQ(by_close, once);
  EXPECT_EQ(kept, once + once);
}

TEST_F(EventBusTest, closing_waits_for_the_delivery_under_way) {
  ExecutorPool thread(1, "bus");
  Event entered, leave;
  std::atomic<bool> left = false;
  auto subscription =
      bus_.subscribe_outside("slow", {{"*"}}, [&](DeliveryHandle delivery) -> Task<> {
        struct Wait {
          static Task<> run(Event entered, Event leave, std::atomic<bool>* left, Deadline until) {
            entered.set();
            auto done = co_await leave.wait(until);
            *left = true;
            co_return done;
          }
        };
        return Wait::run(entered, leave, &left, delivery->deadline);
      });
  ASSERT_TRUE(subscription);
  ASSERT_TRUE(insert("company", R"({"name":"one"})"));
  const auto events = exchange({});
  TaskGroup group(thread.at(0));
  group.spawn(bus_.deliver(tenant_, events.at(0), soon()));
  ASSERT_TRUE(run(entered.wait(soon())));
  const auto early = run(subscription->close(Deadline::after(std::chrono::milliseconds(20))));
  ASSERT_FALSE(early) << "it has not ended";
  EXPECT_EQ(early.error().reason(), "event.deadline");
  EXPECT_FALSE(left);
  leave.set();
  ASSERT_TRUE(run(group.stop(soon())));
  EXPECT_TRUE(left);
}

TEST_F(EventBusTest, effects_happen_once_though_the_event_comes_again) {
  std::atomic<int> calls = 0;
  const auto subscription = bus_.subscribe_filtered(
      "crm", {{"crm.customer.created"}}, [&](DeliveryHandle, data::UnitOfWork& unit) -> Task<> {
        struct Write {
          static Task<> run(const data::EntityInfo* company, data::UnitOfWork* unit, int call) {
            TENON_CO_TRY(unit->insert(*company, {{"name", "of the handler"}}));
            if (call == 1) co_return co_await bad("first time");
            co_return Result<>();
          }
        };
        return Write::run(&entity("company"), &unit, ++calls);
      });
  ASSERT_TRUE(subscription);
  ASSERT_TRUE(insert("customer", R"({"name":"Wang"})"));
  const auto events = exchange({});
  const auto first = deliver(events.at(0));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().reason(), "test.bad");
  EXPECT_EQ(first.error().message(), "crm: first time");
  EXPECT_EQ(list("company", "")->json, "[]") << "nothing of the failed handler is left";
  EXPECT_TRUE(deliver(events.at(0)));
  EXPECT_TRUE(deliver(events.at(0)));
  EXPECT_EQ(calls, 2) << "the third time it is known";
  EXPECT_EQ(json::parse(list("company", "")->json)->as_array().size(), 1U);
}

TEST_F(EventBusTest, one_who_fails_keeps_no_other_from_the_event) {
  std::string heard;
  const auto broken = bus_.subscribe_filtered(
      "broken", {{"*"}}, [](DeliveryHandle, data::UnitOfWork&) { return bad("always"); });
  const auto throwing = bus_.subscribe_outside(
      "throwing", {{"*"}}, [](DeliveryHandle) -> Task<> { throw std::runtime_error("a bug"); });
  const auto fine = listen("fine", {{"*"}}, heard);
  ASSERT_TRUE(insert("company", R"({"name":"one"})"));
  const auto events = exchange({});
  const auto done = deliver(events.at(0));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "broken: always");
  EXPECT_EQ(heard, "crm.company.created;");
  EXPECT_FALSE(deliver(events.at(0)));
  EXPECT_EQ(heard, "crm.company.created;") << "who had it is not told again";
}

TEST_F(EventBusTest, one_who_hangs_is_cut_off_at_the_deadline) {
  const auto hanging = bus_.subscribe_outside(
      "hanging", {{"*"}}, [](DeliveryHandle) { return sleep_until(Deadline::never()); });
  ASSERT_TRUE(insert("company", R"({"name":"one"})"));
  const auto events = exchange({});
  const auto done = deliver(events.at(0), Deadline::after(std::chrono::milliseconds(20)));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "deadline");
}

TEST_F(EventBusTest, typed_subscribers_get_the_record_decoded) {
  std::vector<RecordEvent> heard;
  const auto subscription = bus_.subscribe_typed<RecordEvent>(
      "typed", {{"crm.*"}}, [&](RecordEvent event, DeliveryHandle, data::UnitOfWork&) {
        heard.push_back(std::move(event));
        return good();
      });
  const auto made = insert("customer", R"({"name":"Wang"})");
  ASSERT_TRUE(made);
  pump();
  ASSERT_TRUE(within([&](data::UnitOfWork& unit) {
    return unit.update(entity("customer"), made->id, {{"name", "Li"}}, std::nullopt);
  }));
  pump();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].entity, "crm.customer");
  EXPECT_EQ(heard[0].record, made->id);
  EXPECT_EQ(heard[0].action, "created");
  EXPECT_EQ(heard[0].fields.at("name").as_string(), "Wang");
  EXPECT_EQ(heard[1].action, "updated");
  EXPECT_EQ(heard[1].version, 2U);
  EXPECT_EQ(heard[1].changed, std::vector<std::string>{"name"});
  data::Event other;
  other.type = "crm.merged";
  other.aggregate = "crm.merged";
  EXPECT_EQ(RecordEvent::decode(other).error().reason(), "event.record");
}

TEST_F(EventBusTest, what_a_handler_publishes_carries_its_cause_and_one_hop_more) {
  const auto subscription = bus_.subscribe_filtered(
      "crm/echo", {{"crm.company.created"}}, [](DeliveryHandle, data::UnitOfWork& unit) -> Task<> {
        struct Echo {
          static Task<> run(data::UnitOfWork* unit) {
            TENON_CO_TRY(unit->publish("echo", "", "{}"));
            co_return Result<>();
          }
        };
        return Echo::run(&unit);
      });
  ASSERT_TRUE(insert("company", R"({"name":"one"})"));
  const auto first = pump();
  const auto second = pump();
  ASSERT_EQ(kinds(second), "crm.echo");
  EXPECT_EQ(second[0].hop, 1U);
  EXPECT_EQ(second[0].causation, first.at(0).id);
  EXPECT_EQ(second[0].correlation, first.at(0).id);
}

TEST_F(EventBusTest, a_loop_ends_after_eight_hops_with_a_dead_letter) {
  const auto subscription = bus_.subscribe_filtered(
      "crm", {{"crm.ping"}}, [](DeliveryHandle, data::UnitOfWork& unit) -> Task<> {
        struct Again {
          static Task<> run(data::UnitOfWork* unit) {
            TENON_CO_TRY(unit->publish("ping", "", "{}"));
            co_return Result<>();
          }
        };
        return Again::run(&unit);
      });
  ASSERT_TRUE(within([](data::UnitOfWork& unit) { return unit.publish("ping", "", "{}"); }));
  std::uint32_t highest = 0;
  for (int step = 0; step < 40; ++step) {
    for (const auto& event : pump()) highest = std::max(highest, event.hop);
    now_ += std::chrono::hours(1);
  }
  EXPECT_EQ(highest, data::kMaxHops);
  const auto backlog = tenant_->outbox().backlog();
  ASSERT_TRUE(backlog);
  EXPECT_EQ(backlog->waiting, 0U);
  EXPECT_EQ(backlog->dead, 1U);
}

TEST_F(EventBusTest, the_courier_delivers_what_is_committed_until_it_is_closed) {
  ExecutorPool thread(1, "bus");
  Event heard;
  std::atomic<int> count = 0;
  const auto subscription =
      bus_.subscribe_filtered("a", {{"*"}}, [&](DeliveryHandle, data::UnitOfWork&) {
        ++count;
        heard.set();
        return good();
      });
  bus_.open(tenant_, thread.at(0));
  ASSERT_TRUE(insert("company", R"({"name":"one"})"));
  bus_.committed("acme");
  bus_.committed("nobody");
  ASSERT_TRUE(run(heard.wait(soon())));
  ASSERT_TRUE(run(bus_.close("acme", soon())));
  ASSERT_TRUE(insert("company", R"({"name":"two"})"));
  EXPECT_EQ(exchange({}).size(), 1U) << "it stays for who comes next";
  EXPECT_EQ(count, 1);
  ASSERT_TRUE(run(bus_.stop(soon())));
}

}  // namespace
}  // namespace tenon::modules
