// Sixteen workers run random transactions of reads and appends at once; the checker must find no
// cycle in what they saw. First the checker itself is shown one history of each anomaly.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <random>

#include "data/test_fixture.h"
#include "history.h"
#include "proof.h"
#include "stand.h"

namespace tenon::testing {
namespace {

using data::testing::soon;
using ::testing::Contains;
using ::testing::IsEmpty;

Op append(std::uint32_t key, std::uint64_t value) {
  return {.kind = Op::Kind::append, .key = key, .value = value, .list = {}};
}
Op read(std::uint32_t key, std::vector<std::uint64_t> list) {
  return {.kind = Op::Kind::read, .key = key, .value = 0, .list = std::move(list)};
}
Transaction committed(std::vector<Op> ops) {
  return {.fate = Fate::committed, .ops = std::move(ops)};
}
Transaction aborted(std::vector<Op> ops) { return {.fate = Fate::aborted, .ops = std::move(ops)}; }

TEST(History, of_a_serial_run_has_no_anomaly) {
  EXPECT_THAT(anomalies({committed({append(1, 1), append(2, 1)}), aborted({append(1, 9)}),
                         committed({read(1, {1}), append(1, 2), read(1, {1, 2})}),
                         committed({read(1, {1, 2}), read(2, {1})})}),
              IsEmpty());
}
TEST(History, shows_a_write_cycle) {
  EXPECT_THAT(
      anomalies({committed({append(1, 1), append(2, 1)}), committed({append(1, 2), append(2, 2)}),
                 committed({read(1, {1, 2}), read(2, {2, 1})})}),
      Contains("G0"));
}
TEST(History, shows_an_aborted_read) {
  EXPECT_THAT(anomalies({aborted({append(1, 1)}), committed({read(1, {1})})}), Contains("G1a"));
}
TEST(History, shows_an_intermediate_read) {
  EXPECT_THAT(anomalies({committed({append(1, 1), append(1, 2)}), committed({read(1, {1})}),
                         committed({read(1, {1, 2})})}),
              Contains("G1b"));
}
TEST(History, shows_circular_flow) {
  EXPECT_THAT(
      anomalies({committed({append(1, 1), read(2, {1})}), committed({append(2, 1), read(1, {1})})}),
      Contains("G1c"));
}
TEST(History, shows_read_skew_and_a_lost_update) {
  EXPECT_THAT(anomalies({committed({append(1, 1), append(2, 1)}),
                         committed({read(1, {}), read(2, {1})}), committed({read(1, {1})})}),
              Contains("G-single"));
  EXPECT_THAT(anomalies({committed({read(1, {}), append(1, 1)}),
                         committed({read(1, {}), append(1, 2)}), committed({read(1, {1, 2})})}),
              Contains("G-single"));
}
TEST(History, shows_write_skew) {
  EXPECT_THAT(
      anomalies({committed({read(1, {}), append(2, 1)}), committed({read(2, {}), append(1, 1)}),
                 committed({read(1, {1}), read(2, {1})})}),
      ::testing::ElementsAre("G2"));
}
TEST(History, shows_disagreeing_and_duplicate_and_internal_reads) {
  EXPECT_THAT(anomalies({committed({append(1, 1)}), committed({append(1, 2)}),
                         committed({read(1, {1, 2})}), committed({read(1, {2})})}),
              Contains("order"));
  EXPECT_THAT(anomalies({committed({append(1, 1)}), committed({read(1, {1, 1})})}),
              Contains("duplicate"));
  EXPECT_THAT(anomalies({committed({append(1, 1), read(1, {})}), committed({read(1, {1})})}),
              Contains("internal"));
}
TEST(History, shows_an_acknowledged_append_that_a_later_read_misses) {
  EXPECT_THAT(anomalies({{.ops = {append(1, 1)}, .began = 1, .acknowledged = 2},
                         {.ops = {read(1, {})}, .began = 3, .acknowledged = 4}}),
              Contains("lost"));
}

constexpr std::uint64_t kWorkers = 16;
constexpr std::uint32_t kKeys = 40;
constexpr std::uint64_t kBatch = 2000;  // transactions on one set of keys, so that lists stay short

enum class Flaw : std::uint8_t { none, read_outside };

data::Package package() {
  data::Entity cell{.plugin = "crm", .name = "cell"};
  cell.fields = {data::testing::field("list", data::FieldType::text)};
  return data::testing::crm({cell});
}

std::vector<std::uint64_t> list_of(const data::Record& record) {
  std::vector<std::uint64_t> list;
  const auto parsed = json::parse_object(record.json);
  const auto* field = parsed->if_contains("list");
  if (field == nullptr || !field->is_string()) return list;
  const std::string text(field->as_string());
  for (const char *at = text.data(), *end = at + text.size(); at < end;) {
    std::uint64_t value = 0;
    at = std::from_chars(at, end, value).ptr + 1;
    list.push_back(value);
  }
  return list;
}

std::string text_of(const std::vector<std::uint64_t>& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

/// One set of keys and the workers on it.
struct Batch {
  std::shared_ptr<data::Tenant> tenant;
  std::vector<RecordId> keys;
  Flaw flaw = Flaw::none;
  std::uint64_t each = kBatch / kWorkers;  // transactions of a worker
  std::atomic<std::uint64_t> clock = 1, value = 1;
  std::vector<std::vector<Transaction>> histories{kWorkers};

  [[nodiscard]] const data::EntityInfo& cell(const data::Catalog& catalog) const {
    return *catalog.find("crm", "cell");
  }
};

std::vector<Op> plan(Batch& batch, std::mt19937_64& random) {
  std::vector<Op> ops(1 + random() % 4);
  for (auto& op : ops) {
    const auto key = static_cast<std::uint32_t>(random() % kKeys);
    op = random() % 2 == 0 ? read(key, {}) : append(key, batch.value++);
  }
  return ops;
}

/// An append is a read and an update, so that an update that is lost shows.
Result<> play(Batch& batch, data::UnitOfWork& unit, std::vector<Op>& ops) {
  const auto& cell = batch.cell(unit.catalog());
  for (auto& op : ops) {
    auto record =
        batch.flaw == Flaw::read_outside
            ? batch.tenant->get(batch.cell(*batch.tenant->catalog()), batch.keys[op.key], {})
            : unit.get(cell, batch.keys[op.key]);
    if (!record) return std::unexpected(std::move(record.error()));
    auto list = list_of(*record);
    if (op.kind == Op::Kind::read) {
      op.list = std::move(list);
      continue;
    }
    list.push_back(op.value);
    TENON_TRY(unit.update(cell, batch.keys[op.key], {{"list", text_of(list)}}, std::nullopt));
  }
  return {};
}

/// Reads on one snapshot, beside the writer.
Result<> look_at(Batch& batch, std::vector<Op>& ops) {
  TENON_ASSIGN(snapshot, batch.tenant->snapshot({}, soon()));
  for (auto& op : ops) {
    op.kind = Op::Kind::read;
    TENON_ASSIGN(record, snapshot.get(batch.cell(snapshot.catalog()), batch.keys[op.key]));
    op.list = list_of(record);
  }
  return {};
}

asio::awaitable<void> work(Batch* batch, std::size_t worker, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto& history = batch->histories[worker];
  for (std::size_t i = 0; i < batch->each; ++i) {
    Transaction made{.fate = Fate::committed, .ops = plan(*batch, random)};
    made.began = batch->clock++;
    const auto dice = random() % 100;
    Result<> done;
    if (dice < 30) {
      done = look_at(*batch, made.ops);
    } else {
      done = co_await data::run_unit(
          batch->tenant, data::Viewer{}, data::Origin{.plugin = "crm"}, soon(),
          [&](data::UnitOfWork& unit) -> Result<> {
            if (dice < 33) unit.set_deadline(Deadline::after(std::chrono::microseconds(dice * 5)));
            TENON_TRY(play(*batch, unit, made.ops));
            if (dice < 40) return fail(ErrorCode::cancelled, "The worker thought better of it.");
            return {};
          });
    }
    made.acknowledged = batch->clock++;
    // A connection that broke in COMMIT leaves the question open.
    if (!done)
      made.fate =
          done.error().reason() == "storage.unknown_outcome" ? Fate::unknown : Fate::aborted;
    history.push_back(std::move(made));
  }
}

std::vector<std::string> run_batch(Stand& stand, Flaw flaw, std::uint64_t seed,
                                   std::uint64_t wanted, std::uint64_t& count) {
  auto tenant = stand.open();
  EXPECT_TRUE(tenant);
  Batch batch{
      .tenant = *tenant, .keys = {}, .flaw = flaw, .each = std::min(kBatch, wanted) / kWorkers};
  auto made =
      run(data::run_unit(*tenant, data::Viewer{}, data::Origin{.plugin = "crm"}, soon(),
                         [&batch](data::UnitOfWork& unit) -> Result<> {
                           batch.keys.clear();
                           for (std::uint32_t i = 0; i < kKeys; ++i) {
                             TENON_ASSIGN(record, unit.insert(batch.cell(unit.catalog()), {}));
                             batch.keys.push_back(record.id);
                           }
                           return {};
                         }));
  EXPECT_TRUE(made) << made.error().for_log();
  run_all(loops_for(**tenant, 4, kWorkers), kWorkers,
          [&](std::size_t i) { return work(&batch, i, seed * 100 + i); });
  std::vector<Transaction> history;
  for (auto& part : batch.histories) std::ranges::move(part, std::back_inserter(history));
  count += history.size();
  Transaction last{.fate = Fate::committed, .ops = {}, .began = batch.clock++};
  for (std::uint32_t key = 0; key < kKeys; ++key) last.ops.push_back(read(key, {}));
  EXPECT_TRUE(look_at(batch, last.ops));
  history.push_back(std::move(last));
  return anomalies(history);
}

class Isolation : public ::testing::Test {
 protected:
  std::unique_ptr<Stand> stand_;
  std::uint64_t seed_ = seed_of_run();

  void stand_on(Engine engine) {
    stand_ = make_stand(engine);
    auto tenant = stand_->create();
    ASSERT_TRUE(tenant) << tenant.error().for_log();
    ASSERT_TRUE(run((*tenant)->install(package(), soon())));
  }
  void shows_no_anomaly(Engine engine, std::uint64_t wanted) {
    stand_on(engine);
    std::uint64_t count = 0;
    for (std::uint64_t batch = 0; count < wanted; ++batch)
      ASSERT_THAT(
          run_batch(*stand_, Flaw::none, seed_ + batch, std::max(wanted - count, kWorkers), count),
          IsEmpty())
          << "seed " << seed_ + batch;
    report(fmt::format("isolation, {}", to_string(engine)),
           fmt::format("0 anomalies in {} transactions of 16 workers", count), seed_);
  }
  void catches_reads_outside(Engine engine) {
    stand_on(engine);
    std::uint64_t count = 0;
    EXPECT_THAT(run_batch(*stand_, Flaw::read_outside, seed_, kBatch, count),
                ::testing::Not(IsEmpty()));
  }
};

TEST_F(Isolation, shows_no_anomaly_in_concurrent_histories) {
  shows_no_anomaly(Engine::sqlite, size_of_run(4'000, 100'000));
}
TEST_F(Isolation, on_postgres_shows_no_anomaly_in_concurrent_histories) {
  TENON_NEEDS_POSTGRES();
  shows_no_anomaly(Engine::postgres, size_of_run(400, 100'000));
}
TEST_F(Isolation, catches_reads_outside_the_unit) { catches_reads_outside(Engine::sqlite); }
TEST_F(Isolation, on_postgres_catches_reads_outside_the_unit) {
  TENON_NEEDS_POSTGRES();
  catches_reads_outside(Engine::postgres);
}

}  // namespace
}  // namespace tenon::testing
