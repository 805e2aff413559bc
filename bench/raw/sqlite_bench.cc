// Reads and durable creates on a tenant's file: src/data beside bare sqlite3 calls.
#include <sqlite3.h>

#include "data/pair_bench.h"
#include "data/stage_bench.h"
#include "storage/sqlite/connection.h"

namespace tenon::data::bench {
namespace {

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::abort();
}

/// A connection as the tenant's own is set up.
class Raw {
 public:
  explicit Raw(const Stage& stage) {
    sqlite3* made = nullptr;
    const auto file = stage.directory / "tenants/bench.db";
    if (sqlite3_open_v2(file.c_str(), &made, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
      stop("cannot open " + file);
    handle_.reset(made);
    run("PRAGMA synchronous = FULL");
  }
  void run(const char* sql) const {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      stop(sqlite3_errmsg(handle_.get()));
  }
  [[nodiscard]] storage::sqlite::StatementHandle prepare(const std::string& sql) const {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &made,
                           nullptr) != SQLITE_OK)
      stop(sqlite3_errmsg(handle_.get()));
    return storage::sqlite::StatementHandle(made);
  }

 private:
  storage::sqlite::Handle handle_;
};

void set(sqlite3_stmt* statement, int at, std::string_view text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}
void set(sqlite3_stmt* statement, int at, const std::array<std::uint8_t, 16>& id) {
  sqlite3_bind_blob(statement, at, id.data(), 16, SQLITE_STATIC);
}
void set(sqlite3_stmt* statement, int at, std::int64_t number) {
  sqlite3_bind_int64(statement, at, number);
}

/// Runs a statement to its end and reads every column of every row. The number of rows.
int read_all(sqlite3_stmt* statement) {
  int rows = 0;
  int bytes = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    ++rows;
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      benchmark::DoNotOptimize(sqlite3_column_blob(statement, column));
      bytes += sqlite3_column_bytes(statement, column);
    }
  }
  benchmark::DoNotOptimize(bytes);
  sqlite3_reset(statement);
  return rows;
}

Stage& filled() {
  static Stage stage(rows(), customer(), Place::file);
  return stage;
}

void sqlite_get(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  const Raw raw(stage);
  const auto statement = raw.prepare("SELECT " + info.sql().columns + " FROM " + info.table() +
                                     " WHERE \"id\" = ?1 AND \"deleted_at\" IS NULL");
  std::size_t i = 0;
  const auto next = [&]() -> const RecordId& {
    return stage.ids[i = (i + 7919) % stage.ids.size()];
  };
  pair(
      state, "tenon", [&] { return stage.tenant->get(info, next(), {}).has_value(); }, "raw",
      [&] {
        set(statement.get(), 1, next().value.bytes);
        return read_all(statement.get()) == 1;
      });
}
BENCHMARK(sqlite_get);

void sqlite_page_with_capped_count(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  auto query = *parse_query(info, *split_query("city=eq.城市7&order=city&limit=20"));
  query.count = Count::planned;
  const Raw raw(stage);
  const auto from = " FROM " + info.table() + " WHERE \"f_city\" = ?1 AND \"deleted_at\" IS NULL";
  const auto page =
      raw.prepare("SELECT " + info.sql().columns + from + " ORDER BY \"f_city\", \"id\" LIMIT 20");
  const auto count = raw.prepare("SELECT count(*) FROM (SELECT 1" + from + " LIMIT 1001)");
  set(page.get(), 1, "城市7");
  set(count.get(), 1, "城市7");
  pair(
      state, "tenon",
      [&] {
        const auto found = stage.tenant->list(info, query, {}, soon());
        return found && found->rows == 20 && found->capped;
      },
      "raw", [&] { return read_all(page.get()) == 20 && read_all(count.get()) == 1; });
}
BENCHMARK(sqlite_page_with_capped_count);

void sqlite_group_by_two_sums(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  const auto query =
      *parse_query(info, *split_query("select=city,credit.sum(),all:version.sum(),count()"));
  const Raw raw(stage);
  const auto statement =
      raw.prepare("SELECT \"f_city\", sum(\"f_credit\"), sum(\"version\"), count(*) FROM " +
                  info.table() + " WHERE \"deleted_at\" IS NULL GROUP BY \"f_city\"");
  pair(
      state, "tenon",
      [&] {
        const auto found = stage.tenant->list(info, query, {}, soon());
        return found && found->rows == 50;
      },
      "raw", [&] { return read_all(statement.get()) == 50; }, 1);
}
BENCHMARK(sqlite_group_by_two_sums)->Unit(benchmark::kMillisecond);

/// The customer, the event and the audit row with texts as long as ours, on a file of its own; one
/// COMMIT for 32 of each, as many as a full group of ours has.
class RawCreates {
 public:
  explicit RawCreates(Entity entity) : stage_(0, std::move(entity), Place::file), raw_(stage_) {
    stage_.fill(0, 1);
    const auto& info = stage_.info();
    json_ = stage_.tenant->get(info, stage_.ids.front(), {})->json;
    payload_ = "{\"version\":1,\"record\":" + json_ + "}";
    aggregate_ = "crm.customer/" + stage_.ids.front().to_string();
    row_ = raw_.prepare(info.sql().insert);
    event_ = raw_.prepare(
        "INSERT INTO outbox(id, type, aggregate, payload, correlation, causation, hop, "
        "created_at, next_at) VALUES(?1, 'crm.customer.created', ?2, ?3, ?1, NULL, 0, 1, 1)");
    audit_ = raw_.prepare(
        "INSERT INTO audit(at, \"user\", plugin, trace, entity, record, version, action, before, "
        "after, position, hash) VALUES(1, NULL, 'crm', NULL, 'crm.customer', ?1, 1, 'created', "
        "NULL, ?2, ?3, ?4)");
  }

  bool group() {
    raw_.run("BEGIN IMMEDIATE");
    bool good = true;
    for (int i = 0; i < 32; ++i) good = one() && good;
    raw_.run("COMMIT");
    return good;
  }

 private:
  bool one() {
    const auto id = Uuid::make_v7(stage_.clock.now(), stage_.random);
    ++position_;
    const auto name = fmt::format("客户 {:06}", position_ * 7919 % 1'000'000);
    const auto code = fmt::format("KH{:06}", position_);
    const auto city = fmt::format("城市{}", position_ % 50);
    set(row_.get(), 1, id.bytes);
    set(row_.get(), 2, name);
    set(row_.get(), 3, code);
    set(row_.get(), 4, city);
    set(row_.get(), 5, 123450);
    set(row_.get(), 6, 1);
    set(row_.get(), 7, 7363);
    set(row_.get(), 8, "老客户，月结三十天。");
    for (const int at : {9, 10, 12}) set(row_.get(), at, 1);
    set(event_.get(), 1, id.bytes);
    set(event_.get(), 2, aggregate_);
    set(event_.get(), 3, payload_);
    set(audit_.get(), 1, id.bytes);
    set(audit_.get(), 2, json_);
    set(audit_.get(), 3, position_);
    sqlite3_bind_zeroblob(audit_.get(), 4, 32);
    for (auto* statement : {row_.get(), event_.get(), audit_.get()}) {
      if (sqlite3_step(statement) != SQLITE_DONE)
        stop(sqlite3_errmsg(sqlite3_db_handle(statement)));
      sqlite3_reset(statement);
    }
    return true;
  }

  Stage stage_;
  Raw raw_;
  std::string json_;
  std::string payload_;
  std::string aggregate_;
  storage::sqlite::StatementHandle row_;
  storage::sqlite::StatementHandle event_;
  storage::sqlite::StatementHandle audit_;
  std::int64_t position_ = 1;
};

/// 32 writers on two threads, each row its own durable transaction, beside the raw loop.
void sqlite_durable_creates(benchmark::State& state, Entity (*entity)()) {
  constexpr int kWriters = 32;
  constexpr int kEach = 125;
  Stage stage(0, entity(), Place::file);
  RawCreates raw(entity());
  int from = 0;
  std::vector<double> ours;
  std::vector<double> bare;
  std::vector<double> shares;
  for (auto _ : state) {
    std::atomic<int> acknowledged = 0;
    const auto written = [&] {
      tenon::testing::run_all(2, kWriters, [&](std::size_t i) {
        return create(stage.tenant, from + static_cast<int>(i) * kEach, kEach, &acknowledged);
      });
      from += kWriters * kEach;
      return acknowledged == kWriters * kEach;
    };
    const auto mine = detail::batch(1, written) / (kWriters * kEach);
    const auto grouped = [&] { return raw.group(); };
    const auto theirs = detail::batch(kEach, grouped) / kWriters;
    if (mine < 0 || theirs < 0) {
      state.SkipWithError("a row was not written");
      return;
    }
    ours.push_back(1e6 / mine);
    bare.push_back(1e6 / theirs);
    shares.push_back(theirs / mine);
  }
  state.counters["tenon_rows_per_second"] = detail::median(ours);
  state.counters["raw_rows_per_second"] = detail::median(bare);
  state.counters["share_of_raw"] = detail::median(shares);
}
BENCHMARK_CAPTURE(sqlite_durable_creates, two_indexes, customer)->Iterations(9)->UseRealTime();
BENCHMARK_CAPTURE(sqlite_durable_creates, seven_indexes, indexed)->Iterations(5)->UseRealTime();
BENCHMARK_CAPTURE(sqlite_durable_creates, searchable_beside_plain_raw, searched)
    ->Iterations(5)
    ->UseRealTime();

}  // namespace
}  // namespace tenon::data::bench
