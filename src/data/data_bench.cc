// Reads and durable writes through this room, with SQLite alone beside them. Databases lie in the
// temporary directory (TMPDIR): the rate of durable writes is that of its disk.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <atomic>

#include "data/run_unit.h"
#include "data/tenant.h"
#include "storage/postgres_scratch.h"
#include "storage/scratch.h"

namespace tenon::data {
namespace {

constexpr int kRows = 100'000;

Deadline soon() { return Deadline::after(std::chrono::minutes(2)); }

Field field(std::string name, FieldType type) {
  Field made;
  made.name = std::move(name);
  made.type = type;
  return made;
}

/// Seven fields, two secondary indexes.
Entity customer() {
  Entity entity{.plugin = "crm", .name = "customer"};
  entity.fields = {field("name", FieldType::string),    field("code", FieldType::string),
                   field("city", FieldType::string),    field("credit", FieldType::money),
                   field("active", FieldType::boolean), field("born", FieldType::date),
                   field("notes", FieldType::text)};
  entity.fields[0].sortable = true;
  entity.indexes = {{.fields = {"city"}}};
  return entity;
}

json::object sample(int i) {
  return {{"name", fmt::format("客户 {:06}", i * 7919 % 1'000'000)},
          {"code", fmt::format("KH{:06}", i)},
          {"city", fmt::format("城市{}", i % 50)},
          {"credit", "1234.50"},
          {"active", i % 2 == 0},
          {"born", "1990-02-28"},
          {"notes", "老客户，月结三十天。"}};
}

/// The same customers, searchable, in twenty departments; the viewer's subtree has five of them.
Entity searched() {
  auto entity = customer();
  for (auto& one : entity.fields)
    if (one.name == "name" || one.name == "notes") one.searchable = true;
  return entity;
}

DepartmentId department(int i) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(i);
  return DepartmentId{uuid};
}

Viewer tree_viewer(int departments) {
  Viewer viewer{
      .user = UserId{}, .department = department(0), .departments = {}, .rights = nullptr};
  for (int i = 0; i < departments; ++i) viewer.departments.push_back(department(i));
  viewer.rights = std::make_shared<RightsTable>(
      std::map<std::string, Access, std::less<>>{},
      Access{.scope = Scope::department_tree, .hidden = {}, .locked = {}});
  return viewer;
}

struct Stage {
  tenon::testing::ScratchDirectory directory;
  BlockingPool pool{{.threads = 2}};
  SystemClock clock;
  SystemRandom random;
  Tenants tenants{directory.path(), pool, clock, random};
  std::shared_ptr<Tenant> tenant;
  std::vector<RecordId> ids;

  explicit Stage(int rows, Entity entity = customer()) {
    tenant =
        *tenants.create("bench", tenon::testing::on_postgres()
                                     ? tenon::testing::PrivatePostgres::shared()->fresh_database()
                                     : std::string());
    Package package{.id = "crm",
                    .version = "1",
                    .manifest = {},
                    .component = {},
                    .sha256 = {},
                    .entities = {std::move(entity)}};
    if (!tenon::testing::run(tenant->install(std::move(package), soon()))) std::terminate();
    for (int from = 0; from < rows; from += 1000) {
      fill(from, from + 1000);
      spread(from, from + 1000);
    }
  }

  void fill(int from, int to) {
    auto done = tenon::testing::run(
        run_unit(tenant, Viewer{}, Origin{}, soon(), [&](UnitOfWork& unit) -> Result<> {
          for (int i = from; i < to; ++i) {
            TENON_ASSIGN(made, unit.insert(info(), sample(i)));
            ids.push_back(made.id);
          }
          return {};
        }));
    if (!done) std::terminate();
  }

  /// Over twenty departments, by the number in the code.
  void spread(int from, int to) {
    auto done = tenon::testing::run([](Stage* self, int first, int last) -> Task<> {
      TENON_CO_ASSIGN(lease, co_await self->tenant->database().lease(soon()));
      for (int i = first; i < last; ++i) {
        const auto place = static_cast<std::size_t>(i);
        const auto where = department(i / 50 * 7 % 20);
        const std::array<storage::Value, 2> values{storage::Blob(self->ids[place].value.bytes),
                                                   storage::Blob(where.value.bytes)};
        TENON_CO_TRY(lease.session().execute(
            "UPDATE " + self->info().table() + " SET \"department\" = ?2 WHERE \"id\" = ?1",
            values));
      }
      co_return co_await lease.commit();
    }(this, from, to));
    if (!done) std::terminate();
  }

  [[nodiscard]] const EntityInfo& info() const {
    return *tenant->catalog()->find("crm", "customer");
  }
};

Stage& filled() {
  static Stage stage(kRows);
  return stage;
}

void get_by_id(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  std::size_t i = 0;
  for (auto _ : state) {
    auto record = stage.tenant->get(info, stage.ids[i = (i + 7919) % stage.ids.size()], {});
    if (!record) state.SkipWithError("no record");
    benchmark::DoNotOptimize(record);
  }
}
BENCHMARK(get_by_id);

/// The same row by SQLite alone: every column read, no JSON.
void get_by_id_raw(benchmark::State& state) {
  auto& stage = filled();
  auto reader = *stage.tenant->database().reader();
  const auto sql = "SELECT " + stage.info().sql().columns + " FROM " + stage.info().table() +
                   " WHERE \"id\" = ?1 AND \"deleted_at\" IS NULL";
  std::size_t i = 0;
  for (auto _ : state) {
    const std::array<storage::Value, 1> values{
        storage::Blob(stage.ids[i = (i + 7919) % stage.ids.size()].value.bytes)};
    std::size_t bytes = 0;
    (void)reader.session().query(sql, values, [&](const storage::Row& row) {
      for (int column = 0; column < row.width(); ++column) bytes += row.text(column).size();
      return storage::Visit::more;
    });
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(get_by_id_raw);

void page_of_20(benchmark::State& state, const char* text) {
  auto& stage = filled();
  const auto& info = stage.info();
  for (auto _ : state) {
    auto query = parse_query(info, *split_query(text));
    auto page = stage.tenant->list(info, *query, {}, soon());
    if (!page || page->rows != 20) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(page_of_20, filter, "city=eq.城市7&limit=20");
BENCHMARK_CAPTURE(page_of_20, order, "order=name&limit=20");
BENCHMARK_CAPTURE(page_of_20, order_descending, "order=name.desc&limit=20");

void page_of_20_capped_count(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  auto query = *parse_query(info, *split_query("city=eq.城市7&order=city&limit=20"));
  query.count = Count::planned;
  for (auto _ : state) {
    auto page = stage.tenant->list(info, query, {}, soon());
    if (!page || page->rows != 20 || !page->capped) state.SkipWithError("no page");
  }
}
BENCHMARK(page_of_20_capped_count);

/// A quarter of all rows is visible, spread evenly; then a twentieth.
void page_of_20_department_tree(benchmark::State& state, const char* text) {
  auto& stage = filled();
  const auto& info = stage.info();
  const auto viewer = tree_viewer(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    auto query = parse_query(info, *split_query(text), viewer);
    auto page = stage.tenant->list(info, *query, viewer, soon());
    if (!page || page->rows != 20) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(page_of_20_department_tree, order, "order=name&limit=20")->Arg(5)->Arg(1);
BENCHMARK_CAPTURE(page_of_20_department_tree, filter, "city=eq.城市7&limit=20")->Arg(5)->Arg(1);

void group_by_two_sums(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  const auto query =
      *parse_query(info, *split_query("select=city,credit.sum(),all:version.sum(),count()"));
  for (auto _ : state) {
    auto page = stage.tenant->list(info, query, {}, soon());
    if (!page || page->rows != 50) state.SkipWithError("no groups");
  }
}
BENCHMARK(group_by_two_sums)->Unit(benchmark::kMillisecond);

Stage& with_search() {
  static Stage stage(kRows, searched());
  return stage;
}

void search(benchmark::State& state, const char* text, std::size_t rows) {
  auto& stage = with_search();
  const auto& info = stage.info();
  for (auto _ : state) {
    auto query = parse_query(info, *split_query(text));
    auto page = stage.tenant->list(info, *query, {}, soon());
    if (!page || page->rows < rows) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(search, word_that_all_have, "fts=客户&limit=20", 20U);
BENCHMARK_CAPTURE(search, character_that_all_have, "fts=户&limit=20", 20U);
BENCHMARK_CAPTURE(search, prefix_of_a_thousand, "fts=07&limit=20", 20U);
BENCHMARK_CAPTURE(search, two_words, "fts=月结 0791&limit=20", 5U);
BENCHMARK_CAPTURE(search, inside, "name=contains.7919&limit=20", 20U);
BENCHMARK_CAPTURE(search, inside_two_characters, "notes=contains.三十&limit=20", 20U);
BENCHMARK_CAPTURE(search, ordered, "fts=0791&order=name&limit=20", 5U);

void pick(benchmark::State& state, const char* text) {
  auto& stage = with_search();
  const auto& info = stage.info();
  for (auto _ : state) {
    auto page = stage.tenant->pick(info, text, {}, soon());
    if (!page) state.SkipWithError("no page");
  }
}
BENCHMARK_CAPTURE(pick, beginning, "客户 0");
BENCHMARK_CAPTURE(pick, inside, "07919");

void page_of_20_deep(benchmark::State& state) {
  auto& stage = filled();
  const auto& info = stage.info();
  auto query = *parse_query(info, *split_query("order=name&limit=1000"));
  for (int pages = 0; pages < 50; ++pages)
    query.after = stage.tenant->list(info, query, {}, soon())->next;
  query.limit = 20;
  for (auto _ : state) {
    auto page = stage.tenant->list(info, query, {}, soon());
    if (!page || page->rows != 20) state.SkipWithError("no page");
  }
}
BENCHMARK(page_of_20_deep);

asio::awaitable<void> create(std::shared_ptr<Tenant> tenant, int from, int count,
                             std::atomic<int>* acknowledged) {
  for (int i = from; i < from + count; ++i) {
    auto done = co_await run_unit(tenant, Viewer{}, Origin{}, soon(), [i](UnitOfWork& unit) {
      return unit.insert(*unit.catalog().find("crm", "customer"), sample(i));
    });
    if (done) ++*acknowledged;
  }
}

void durable_creates(benchmark::State& state) {
  const auto members = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<std::size_t>(state.range(1));
  constexpr int kEach = 250;
  Stage stage(0);
  std::atomic<int> acknowledged = 0;
  int from = 0;
  for (auto _ : state) {
    tenon::testing::run_all(threads, members, [&](std::size_t i) {
      return create(stage.tenant, from + static_cast<int>(i) * kEach, kEach, &acknowledged);
    });
    from += static_cast<int>(members) * kEach;
  }
  const auto figures = stage.tenant->database().figures();
  state.counters["rows/s"] = benchmark::Counter(acknowledged, benchmark::Counter::kIsRate);
  state.counters["rows/commit"] =
      static_cast<double>(figures.members) / static_cast<double>(figures.commits);
}
BENCHMARK(durable_creates)
    ->Args({1, 1})
    ->Args({16, 1})
    ->Args({16, 2})
    ->Args({32, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

/// The same rows by SQLite alone, one thread: the customer with both indexes, the event and the
/// sealed audit row with texts as long as ours, one COMMIT for as many as a group has. Everything
/// but the keys is ready before it begins.
void durable_creates_raw(benchmark::State& state) {
  Stage stage(0);
  stage.fill(0, 1);
  const auto group = static_cast<int>(state.range(0));
  const auto& info = stage.info();
  const auto json = stage.tenant->get(info, stage.ids.front(), {})->json;
  const auto payload = "{\"version\":1,\"record\":" + json + "}";
  const auto aggregate = "crm.customer/" + stage.ids.front().to_string();
  const Digest hash{};
  std::int64_t rows = 0;
  std::int64_t position = 1;
  const auto work = [&](storage::Session& session) -> Result<> {
    for (int i = 0; i < group; ++i) {
      const auto id = Uuid::make_v7(stage.clock.now(), stage.random);
      const auto name = fmt::format("客户 {:06}", position * 7919 % 1'000'000);
      const auto code = fmt::format("KH{:06}", position);
      const auto city = fmt::format("城市{}", position % 50);
      const storage::Value none = std::monostate{};
      const std::array<storage::Value, 15> row{storage::Blob(id.bytes),
                                               std::string_view(name),
                                               std::string_view(code),
                                               std::string_view(city),
                                               std::int64_t{123450},
                                               std::int64_t{1},
                                               std::int64_t{7363},
                                               std::string_view("老客户，月结三十天。"),
                                               std::int64_t{1},
                                               std::int64_t{1},
                                               none,
                                               std::int64_t{1},
                                               none,
                                               none,
                                               none};
      TENON_TRY(session.execute(info.sql().insert, row));
      const std::array<storage::Value, 8> event{storage::Blob(id.bytes),
                                                std::string_view("crm.customer.created"),
                                                std::string_view(aggregate),
                                                std::string_view(payload),
                                                storage::Blob(id.bytes),
                                                none,
                                                std::int64_t{0},
                                                std::int64_t{1}};
      TENON_TRY(session.execute(
          "INSERT INTO outbox(id, type, aggregate, payload, correlation, causation, hop, "
          "created_at, next_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
          event));
      const std::array<storage::Value, 12> audit{std::int64_t{1},
                                                 none,
                                                 std::string_view("crm"),
                                                 none,
                                                 std::string_view("crm.customer"),
                                                 storage::Blob(id.bytes),
                                                 std::int64_t{1},
                                                 std::string_view("created"),
                                                 none,
                                                 std::string_view(json),
                                                 ++position,
                                                 storage::Blob(hash)};
      TENON_TRY(session.execute(
          "INSERT INTO audit(at, \"user\", plugin, trace, entity, record, version, action, before, "
          "after, position, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
          audit));
    }
    return {};
  };
  for (auto _ : state) {
    auto done = tenon::testing::run([](storage::Database* database, decltype(work) run) -> Task<> {
      TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
      TENON_CO_TRY(run(lease.session()));
      co_return co_await lease.commit();
    }(&stage.tenant->database(), work));
    if (!done) state.SkipWithError("failed");
    rows += group;
  }
  state.counters["rows/s"] =
      benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsRate);
}
BENCHMARK(durable_creates_raw)->Arg(16)->Arg(32)->UseRealTime();

void fill_10000(benchmark::State& state) {
  Stage stage(0);
  int from = 0;
  for (auto _ : state) {
    stage.fill(from, from + 10'000);
    from += 10'000;
  }
}
BENCHMARK(fill_10000)->Unit(benchmark::kMillisecond)->Iterations(3);

void fill_10000_searchable(benchmark::State& state) {
  Stage stage(0, searched());
  int from = 0;
  for (auto _ : state) {
    stage.fill(from, from + 10'000);
    from += 10'000;
  }
}
BENCHMARK(fill_10000_searchable)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace tenon::data
