// Reads on a tenant in a private PostgreSQL: src/data beside bare libpq calls.
#include <string>

#include "data/pair_bench.h"
#include "data/stage_bench.h"
#include "storage/postgres/handles.h"

namespace tenon::data::bench {
namespace {

namespace postgres = storage::postgres;

/// Null where this machine has no server.
Stage* filled(benchmark::State& state) {
  if (tenon::testing::PrivatePostgres::shared() == nullptr) {
    state.SkipWithError("there is no PostgreSQL on this machine: run ./dev setup");
    return nullptr;
  }
  static Stage stage(rows(), customer(), Place::server);
  return &stage;
}

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::abort();
}

/// A connection that acts as the tenant's role in the tenant's schema.
class Raw {
 public:
  explicit Raw(const std::string& url) : handle_(PQconnectdb(url.c_str())) {
    const postgres::ResultHandle entered(
        PQexec(handle_.get(),
               "SELECT set_config('role', (SELECT rolname FROM pg_roles WHERE rolname LIKE "
               "'tenon\\_%\\_bench' AND pg_has_role(rolname, 'MEMBER') LIMIT 1), false), "
               "set_config('search_path', 't_bench', false)"));
    if (PQresultStatus(entered.get()) != PGRES_TUPLES_OK) stop(PQerrorMessage(handle_.get()));
  }
  void prepare(const char* name, const std::string& sql) const {
    const postgres::ResultHandle made(PQprepare(handle_.get(), name, sql.c_str(), 0, nullptr));
    if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) stop(PQerrorMessage(handle_.get()));
  }
  /// Reads every column of every row. The number of rows.
  [[nodiscard]] int rows_of(const char* name, std::string_view value) const {
    const std::array<const char*, 1> values{value.data()};
    const std::array<int, 1> lengths{static_cast<int>(value.size())};
    const std::array<int, 1> formats{1};
    const int given = value.empty() ? 0 : 1;
    const postgres::ResultHandle answer(PQexecPrepared(handle_.get(), name, given, values.data(),
                                                       lengths.data(), formats.data(), 1));
    int bytes = 0;
    for (int row = 0; row < PQntuples(answer.get()); ++row)
      for (int column = 0; column < PQnfields(answer.get()); ++column)
        bytes += PQgetlength(answer.get(), row, column);
    benchmark::DoNotOptimize(bytes);
    return PQntuples(answer.get());
  }

 private:
  postgres::Handle handle_;
};

void postgres_get(benchmark::State& state) {
  auto* const found_stage = filled(state);
  if (found_stage == nullptr) return;
  auto& stage = *found_stage;
  const auto& info = stage.info();
  const Raw raw(stage.url);
  raw.prepare("get", "SELECT " + info.sql().columns + " FROM " + info.table() +
                         " WHERE \"id\" = $1 AND \"deleted_at\" IS NULL");
  std::size_t i = 0;
  const auto next = [&]() -> const RecordId& {
    return stage.ids[i = (i + 7919) % stage.ids.size()];
  };
  pair(
      state, "tenon", [&] { return stage.tenant->get(info, next(), {}).has_value(); }, "raw",
      [&] {
        const auto& bytes = next().value.bytes;
        return raw.rows_of("get", {reinterpret_cast<const char*>(bytes.data()), 16}) == 1;
      });
}
BENCHMARK(postgres_get)->UseRealTime();

void postgres_page_with_capped_count(benchmark::State& state) {
  auto* const found_stage = filled(state);
  if (found_stage == nullptr) return;
  auto& stage = *found_stage;
  const auto& info = stage.info();
  auto query = *parse_query(info, *split_query("city=eq.城市7&order=city&limit=20"));
  query.count = Count::planned;
  const Raw raw(stage.url);
  const auto from = " FROM " + info.table() + " WHERE \"f_city\" = $1 AND \"deleted_at\" IS NULL";
  raw.prepare("page",
              "SELECT " + info.sql().columns + from + " ORDER BY \"f_city\", \"id\" LIMIT 20");
  raw.prepare("count", "SELECT count(*) FROM (SELECT 1" + from + " LIMIT 1001) AS first_rows");
  pair(
      state, "tenon",
      [&] {
        const auto found = stage.tenant->list(info, query, {}, soon());
        return found && found->rows == 20 && found->capped;
      },
      "raw",
      [&] { return raw.rows_of("page", "城市7") == 20 && raw.rows_of("count", "城市7") == 1; });
}
BENCHMARK(postgres_page_with_capped_count)->UseRealTime();

void postgres_group_by_two_sums(benchmark::State& state) {
  auto* const found_stage = filled(state);
  if (found_stage == nullptr) return;
  auto& stage = *found_stage;
  const auto& info = stage.info();
  const auto query =
      *parse_query(info, *split_query("select=city,credit.sum(),all:version.sum(),count()"));
  const Raw raw(stage.url);
  raw.prepare("group", "SELECT \"f_city\", sum(\"f_credit\"), sum(\"version\"), count(*) FROM " +
                           info.table() + " WHERE \"deleted_at\" IS NULL GROUP BY \"f_city\"");
  pair(
      state, "tenon",
      [&] {
        const auto found = stage.tenant->list(info, query, {}, soon());
        return found && found->rows == 50;
      },
      "raw", [&] { return raw.rows_of("group", {}) == 50; }, 1);
}
BENCHMARK(postgres_group_by_two_sums)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenon::data::bench
