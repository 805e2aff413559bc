// Three worker processes share an outbox, one of them is killed and started again at every turn:
// nothing is lost, nothing happens twice, each key keeps its order, poison dies alone. Then the
// same with planted faults, which must be seen. TENON_EVENTS sets the number of events.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "async/timer.h"
#include "data/durably.h"
#include "data/outbox_sql.h"
#include "data/outbox_worker.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using std::chrono::milliseconds;
using storage::Row;
using storage::Visit;

enum class Fault : std::uint8_t { none, ack_before_handling, ignore_key_order };

constexpr int kKeys = 200;
constexpr int kPoisonEvery = 4000;  // one event of so many can never be handled
constexpr int kBatch = 100;         // events of one publishing transaction
constexpr Outbox::Options kHasty{.lease = milliseconds(600), .first_delay = milliseconds(2)};

int events() {
  const char* text = std::getenv("TENON_EVENTS");
  return text == nullptr ? 4000 : std::atoi(text);
}
Deadline later() { return Deadline::after(std::chrono::seconds(60)); }

struct Stage {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool{{.threads = 2}};
  Tenants tenants;
  std::shared_ptr<Tenant> tenant;

  explicit Stage(const std::string& directory) : tenants(directory, pool, clock, random) {
    auto opened = tenants.open("acme");
    tenant = opened ? *opened : *tenants.create("acme");
  }
};

/// One event's effect, in the transaction that notes the event as handled.
Result<> act(storage::Session& session, const Event& event, Timestamp now) {
  TENON_ASSIGN(first, note_delivery(session, "harness", event.id, now));
  if (!first) return {};
  const std::array<storage::Value, 1> values{std::string_view(event.payload)};
  TENON_TRY(session.execute("INSERT INTO effect(what) VALUES(?1)", values));
  return {};
}

class Worker {
 public:
  Worker(const std::string& directory, Fault fault)
      : stage_(directory),
        fault_(fault),
        outbox_(*stage_.tenant, stage_.random, kHasty),
        worker_(loop_.get_executor(), outbox_, stage_.clock,
                [this](Event event) { return handle(std::move(event)); },
                {.batch = 16, .look = milliseconds(20)}) {}

  [[noreturn]] void run() {
    worker_.start();
    loop_.run();
    ::_exit(1);
  }

 private:
  Task<> handle(Event event) {
    if (event.payload.ends_with("poison")) co_return fail(ErrorCode::invalid, "poison");
    if (fault_ != Fault::ack_before_handling) co_return co_await take_effect(std::move(event));
    late_.spawn(act_late(std::move(event)));
    co_return Result<>();
  }
  Task<> act_late(Event event) {
    (void)co_await sleep_until(Deadline::after(milliseconds(500)));
    co_return co_await take_effect(std::move(event));
  }
  Task<> take_effect(Event event) {
    const auto now = stage_.clock.now();
    co_return co_await run_durably(
        stage_.tenant->database(), later(),
        [&event, now](storage::Session& session) { return act(session, event, now); });
  }

  Stage stage_;
  Fault fault_;
  asio::io_context loop_;
  Outbox outbox_;
  OutboxWorker worker_;
  TaskGroup late_{loop_.get_executor(), [](const Error&) {}};
};

/// `key number` in the order of the keys' numbers; some say poison behind that.
void publish(const std::string& directory, Fault fault, int count) {
  Stage stage(directory);
  std::map<int, int> numbers;
  for (int from = 0; from < count; from += kBatch) {
    auto done = tenon::testing::run(
        run_unit(stage.tenant, Viewer{}, Origin{.plugin = "h"}, later(), [&](UnitOfWork& unit) {
          for (int i = from; i < from + kBatch; ++i) {
            const int key = (i * 7) % kKeys;
            const bool poison = i % kPoisonEvery == kPoisonEvery / 2;
            // The fault: every event is a key of its own, so a claim pays no heed to the true one.
            const auto aggregate = fault == Fault::ignore_key_order
                                       ? fmt::format("k{}/{}", i % 97, i)
                                       : fmt::format("k{}", key);
            auto made =
                unit.publish("t", aggregate,
                             fmt::format("{} {}{}", key, ++numbers[key], poison ? " poison" : ""));
            if (!made) return Result<>(std::unexpected(std::move(made.error())));
          }
          return Result<>();
        }));
    if (!done) ::_exit(2);
  }
  ::_exit(0);
}

struct Verdict {
  int effects = 0, lost = 0, twice = 0, disorder = 0, dead = 0, kills = 0;
};

class OutboxKill : public ::testing::Test {
 protected:
  tenon::testing::ScratchDirectory directory_;

  template <class Work>
  pid_t child(Work work) {
    const pid_t pid = ::fork();  // no thread and no database is open here
    if (pid == 0) work();
    return pid;
  }
  template <class Work>
  void with_stage(Work work) {
    Stage stage(directory_.path());
    work(stage);
    stage.tenants.close();
    stage.tenant.reset();
    stage.pool.stop();
  }
  /// A look from a process of its own, so that this one may go on forking.
  bool drained() {
    const pid_t pid = child([this] {
      Stage stage(directory_.path());
      const auto backlog = Outbox(*stage.tenant, stage.random).backlog();
      ::_exit(backlog && backlog->waiting == 0 ? 0 : 1);
    });
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  Verdict run(Fault fault, int count, milliseconds between_kills) {
    with_stage([](Stage& stage) {
      auto made = tenon::testing::run(
          run_durably(stage.tenant->database(), later(), [](storage::Session& session) {
            return session.script("CREATE TABLE effect(place INTEGER PRIMARY KEY, what TEXT)");
          }));
      ASSERT_TRUE(made) << made.error().for_log();
    });
    const auto start = [&] {
      return child([&] { std::make_unique<Worker>(directory_.path(), fault)->run(); });
    };
    std::array<pid_t, 3> workers{start(), start(), start()};
    const pid_t publisher = child([&] { publish(directory_.path(), fault, count); });
    Verdict verdict;
    bool published = false;
    for (std::size_t next = 0; !published || !drained(); next = (next + 1) % workers.size()) {
      std::this_thread::sleep_for(between_kills);
      ::kill(workers[next], SIGKILL);
      int status = 0;
      ::waitpid(workers[next], &status, 0);
      if (!WIFSIGNALED(status)) ADD_FAILURE() << "a worker ended by itself";
      ++verdict.kills;
      workers[next] = start();
      if (!published && ::waitpid(publisher, &status, WNOHANG) == publisher) {
        published = true;
        EXPECT_EQ(status, 0) << "the publisher failed";
      }
    }
    std::this_thread::sleep_for(milliseconds(100));
    for (const auto pid : workers) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    judge(count, verdict);
    return verdict;
  }

  void judge(int count, Verdict& verdict) {
    std::map<int, std::vector<int>> seen;
    with_stage([&](Stage& stage) {
      ASSERT_TRUE(stage.tenant->database().check());
      auto reader = stage.tenant->database().reader();
      ASSERT_TRUE(reader->session().query(
          "SELECT what FROM effect ORDER BY place", {}, [&](const Row& row) {
            const std::string what(row.text(0));
            const auto space = what.find(' ');
            seen[std::stoi(what)].push_back(std::stoi(what.substr(space)));
            ++verdict.effects;
            return Visit::more;
          }));
      verdict.dead = static_cast<int>(stage.tenant->outbox().backlog()->dead);
    });
    std::map<int, int> numbers;
    std::map<int, std::vector<int>> due;
    for (int i = 0; i < count; ++i) {
      const int key = (i * 7) % kKeys;
      const int number = ++numbers[key];
      if (i % kPoisonEvery != kPoisonEvery / 2) due[key].push_back(number);
    }
    for (const auto& [key, expected] : due) {
      auto found = seen[key];
      for (std::size_t i = 1; i < found.size(); ++i)
        if (found[i] < found[i - 1]) ++verdict.disorder;
      std::ranges::sort(found);
      const auto unique = std::ranges::unique(found);
      verdict.twice += static_cast<int>(unique.size());
      found.erase(unique.begin(), unique.end());
      verdict.lost += static_cast<int>(expected.size()) - static_cast<int>(found.size());
    }
  }
};

TEST_F(OutboxKill, loses_nothing_repeats_nothing_and_keeps_the_order_of_each_key) {
  const int count = events() / kBatch * kBatch;
  const auto verdict =
      run(Fault::none, count, count > 10'000 ? milliseconds(1000) : milliseconds(300));
  fmt::print("{} events, {} kills, {} effects, {} dead; lost {}, twice {}, out of order {}\n",
             count, verdict.kills, verdict.effects, verdict.dead, verdict.lost, verdict.twice,
             verdict.disorder);
  EXPECT_EQ(verdict.lost, 0);
  EXPECT_EQ(verdict.twice, 0);
  EXPECT_EQ(verdict.disorder, 0);
  EXPECT_EQ(verdict.dead, (count + kPoisonEvery / 2 - 1) / kPoisonEvery)
      << "poison, and nothing else";
  EXPECT_GT(verdict.kills, 2);
}

TEST_F(OutboxKill, sees_a_worker_that_acknowledges_before_it_handles) {
  EXPECT_GT(run(Fault::ack_before_handling, 2000, milliseconds(100)).lost, 0);
}

TEST_F(OutboxKill, sees_a_claim_that_ignores_the_order_of_keys) {
  EXPECT_GT(run(Fault::ignore_key_order, 2000, milliseconds(300)).disorder, 0);
}

}  // namespace
}  // namespace tenon::data
