// Three worker processes share an outbox, one of them is killed and started again at every turn:
// nothing is lost, nothing happens twice, each key keeps its order, poison dies alone. Then the
// same with planted faults, which must be seen. Who publishes lives in the first process and goes
// on after its last commit. TENON_EVENTS sets the number of events.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "async/timer.h"
#include "data/dialect.h"
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
const Tenants::Options kShared{.storage = {.sharing = storage::Sharing::shared}};

Deadline later() { return Deadline::after(std::chrono::seconds(60)); }

struct Stage {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool{{.threads = 2}};
  Tenants tenants;
  std::shared_ptr<Tenant> tenant;

  explicit Stage(const std::string& directory) : tenants(directory, pool, clock, random, kShared) {
    auto opened = tenants.open("acme");
    if (!opened) ::_exit(3);
    tenant = *opened;
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

/// One event of the plan. The fault: every event is a key of its own, so a claim pays no heed to
/// the true one.
Result<> add(storage::Session& session, Random& random, Fault fault, int i, int number,
             Timestamp now) {
  const int key = (i * 7) % kKeys;
  const auto aggregate =
      fault == Fault::ignore_key_order ? fmt::format("k{}/{}", i % 97, i) : fmt::format("k{}", key);
  const bool poison = i % kPoisonEvery == kPoisonEvery / 2;
  const auto payload = fmt::format("{} {}{}", key, number, poison ? " poison" : "");
  const auto id = Uuid::make_v7(now, random);
  TENON_TRY(key_lock(session, aggregate));
  const std::array<storage::Value, 4> values{storage::Blob(id.bytes), std::string_view(aggregate),
                                             std::string_view(payload),
                                             std::int64_t{now.time_since_epoch().count()}};
  TENON_TRY(
      session.execute("INSERT INTO outbox(id, type, aggregate, payload, correlation, hop, "
                      "created_at, next_at) VALUES(?1, 'h.t', ?2, ?3, ?1, 0, ?4, ?4)",
                      values));
  return {};
}

/// A process with a worker, and perhaps the publisher.
class Crew {
 public:
  Crew(const std::string& directory, Fault fault, int publish)
      : stage_(directory),
        fault_(fault),
        outbox_(*stage_.tenant, stage_.random, kHasty),
        worker_(loop_.get_executor(), outbox_, stage_.clock,
                [this](Event event) { return handle(std::move(event)); },
                {.batch = 16, .look = milliseconds(20)}) {
    if (publish > 0) tasks_.spawn(publish_up_to(publish));
  }

  [[noreturn]] void run() {
    worker_.start();
    loop_.run();
    ::_exit(1);
  }

 private:
  Task<> handle(Event event) {
    if (event.payload.ends_with("poison")) co_return fail(ErrorCode::invalid, "poison");
    if (fault_ != Fault::ack_before_handling) co_return co_await take_effect(std::move(event));
    tasks_.spawn(act_late(std::move(event)));
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

  Task<> publish_up_to(int count) {
    for (bool more = true; more;) {
      auto done = co_await run_durably(
          stage_.tenant->database(), later(),
          [this, count](storage::Session& session) { return publish_some(session, count); });
      if (done) more = *done;  // else it is tried again
    }
    co_return Result<>();
  }
  /// A batch, and how far it got, in one transaction. Whether there is more.
  Result<bool> publish_some(storage::Session& session, int count) {
    int from = 0;
    TENON_TRY(session.query("SELECT n FROM progress", {}, [&](const Row& row) {
      from = static_cast<int>(row.integer(0));
      return Visit::more;
    }));
    std::map<int, int> numbers;
    for (int i = 0; i < from; ++i) ++numbers[(i * 7) % kKeys];
    const int to = std::min(count, from + kBatch);
    for (int i = from; i < to; ++i)
      TENON_TRY(
          add(session, stage_.random, fault_, i, ++numbers[(i * 7) % kKeys], stage_.clock.now()));
    const std::array<storage::Value, 1> values{std::int64_t{to}};
    TENON_TRY(session.execute("UPDATE progress SET n = ?1", values));
    return to < count;
  }

  Stage stage_;
  Fault fault_;
  asio::io_context loop_;
  Outbox outbox_;
  OutboxWorker worker_;
  TaskGroup tasks_{loop_.get_executor(), [](const Error&) {}};
};

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
  bool over(int count) {
    const pid_t pid = child([this, count] {
      Stage stage(directory_.path());
      std::int64_t published = 0;
      auto reader = stage.tenant->database().reader();
      const auto asked = reader->session().query("SELECT n FROM progress", {}, [&](const Row& row) {
        published = row.integer(0);
        return Visit::more;
      });
      const auto backlog = Outbox(*stage.tenant, stage.random).backlog();
      ::_exit(asked && backlog && published == count && backlog->waiting == 0 ? 0 : 1);
    });
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  void prepare() {
    std::string database;
    if (tenon::testing::on_postgres()) {
      TENON_NEEDS_POSTGRES();
      database = tenon::testing::PrivatePostgres::shared()->fresh_database();
    }
    SystemClock clock;
    SystemRandom random;
    BlockingPool pool({.threads = 1});
    Tenants tenants(directory_.path(), pool, clock, random);
    auto tenant = tenants.create("acme", database);
    ASSERT_TRUE(tenant) << tenant.error().for_log();
    auto made = tenon::testing::run(
        run_durably((*tenant)->database(), later(), [](storage::Session& session) {
          return session.script(
              portable(session.dialect(),
                       "CREATE TABLE effect(place {sequence}, what TEXT NOT NULL) {strict};"
                       "CREATE TABLE progress(n {integer} NOT NULL) {strict};"
                       "INSERT INTO progress(n) VALUES(0);"));
        }));
    ASSERT_TRUE(made) << made.error().for_log();
    tenants.close();
    tenant->reset();
    pool.stop();
  }

  Verdict run(Fault fault, int count, milliseconds between_kills) {
    Verdict verdict;
    prepare();
    if (HasFatalFailure() || IsSkipped()) return verdict;
    const auto start = [&](std::size_t place) {
      return child([&] {
        const int publish = place == 0 ? count : 0;
        std::make_unique<Crew>(directory_.path(), fault, publish)->run();
      });
    };
    std::vector<pid_t> crews;
    for (std::size_t i = 0; i < 3; ++i) crews.push_back(start(i));
    for (std::size_t next = 0;; next = (next + 1) % crews.size()) {
      std::this_thread::sleep_for(between_kills);
      ::kill(crews[next], SIGKILL);
      int status = 0;
      ::waitpid(crews[next], &status, 0);
      if (!WIFSIGNALED(status)) ADD_FAILURE() << "a worker ended by itself";
      ++verdict.kills;
      if (over(count)) {
        crews.erase(crews.begin() + static_cast<std::ptrdiff_t>(next));
        break;
      }
      crews[next] = start(next);
    }
    for (const auto pid : crews)
      if (::kill(pid, SIGKILL) == 0) ::waitpid(pid, nullptr, 0);
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
  EXPECT_GT(run(Fault::ack_before_handling, 2000, milliseconds(200)).lost, 0);
}

TEST_F(OutboxKill, sees_a_claim_that_ignores_the_order_of_keys) {
  EXPECT_GT(run(Fault::ignore_key_order, 2000, milliseconds(300)).disorder, 0);
}

}  // namespace
}  // namespace tenon::data
