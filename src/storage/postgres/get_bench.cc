// One row by its id: libpq alone beside a session of ours, on a private server that syncs.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>

#include "storage/postgres.h"
#include "storage/postgres/handles.h"
#include "storage/postgres_scratch.h"

namespace tenon::storage {
namespace {

constexpr int kRows = 100'000;
constexpr const char* kColumns =
    "\"id\", name, code, city, credit, active, born, notes, version, created_at";

/// A tenant with the customers of data_bench.
struct Stage {
  BlockingPool pool{{.threads = 1}};
  SystemRandom random;
  std::string url = tenon::testing::PrivatePostgres::shared()->fresh_database();
  std::shared_ptr<PostgresPool> server = *make_postgres_pool({.url = url}, random);
  std::unique_ptr<Database> database = *open_postgres(server, "bench", Missing::create, pool,
                                                      {.lease_cap = std::chrono::minutes(1)});

  Stage() {
    auto done = tenon::testing::run([](Database* place) -> Task<> {
      TENON_CO_ASSIGN(lease, co_await place->lease(Deadline::never()));
      TENON_CO_TRY(lease.session().script(fmt::format(
          "SET LOCAL statement_timeout = 60000; CREATE TABLE customer(\"id\" UUID PRIMARY KEY, "
          "name "
          "TEXT, code TEXT, city TEXT, credit BIGINT, active BIGINT, born BIGINT, notes TEXT, "
          "version BIGINT NOT NULL, created_at BIGINT NOT NULL, deleted_at BIGINT); "
          "INSERT INTO customer SELECT CAST(lpad(to_hex(i), 32, '0') AS UUID), '客户 ' || i, 'KH' "
          "|| i, '城市' || i % 50, 123450, 1, 7363, '老客户，月结三十天。', 1, 1 FROM "
          "generate_series(0, {}) AS g(i); ANALYZE customer",
          kRows - 1)));
      co_return co_await lease.commit();
    }(database.get()));
    if (!done) std::terminate();
  }
};

Stage& stage() {
  static Stage made;
  return made;
}

std::array<std::uint8_t, 16> id_of(std::uint32_t number) {
  std::array<std::uint8_t, 16> id{};
  for (std::size_t i = 16; i-- > 12; number >>= 8U) id[i] = static_cast<std::uint8_t>(number);
  return id;
}

std::string question(const std::string& place) {
  return fmt::format("SELECT {} FROM customer WHERE \"id\" = {} AND deleted_at IS NULL", kColumns,
                     place);
}

void get_by_id_libpq(benchmark::State& state) {
  const postgres::Handle handle(PQconnectdb(stage().url.c_str()));
  for (const auto& sql :
       {std::string("SELECT set_config('role', (SELECT rolname FROM pg_roles WHERE rolname LIKE "
                    "'tenon\\_%\\_bench' AND pg_has_role(rolname, 'MEMBER') LIMIT 1), false), "
                    "set_config('search_path', 't_bench', false)")}) {
    const postgres::ResultHandle entered(PQexec(handle.get(), sql.c_str()));
    if (PQresultStatus(entered.get()) != PGRES_TUPLES_OK) state.SkipWithError("cannot enter");
  }
  const auto sql = question("$1");
  const postgres::ResultHandle prepared(PQprepare(handle.get(), "q", sql.c_str(), 0, nullptr));
  std::uint32_t i = 0;
  for (auto _ : state) {
    const auto id = id_of(i = (i + 7919) % kRows);
    const std::array<const char*, 1> values{reinterpret_cast<const char*>(id.data())};
    const std::array<int, 1> lengths{16};
    const std::array<int, 1> formats{1};
    const postgres::ResultHandle answer(
        PQexecPrepared(handle.get(), "q", 1, values.data(), lengths.data(), formats.data(), 1));
    if (PQntuples(answer.get()) != 1) state.SkipWithError("no row");
    std::size_t bytes = 0;
    for (int column = 0; column < PQnfields(answer.get()); ++column)
      bytes += static_cast<std::size_t>(PQgetlength(answer.get(), 0, column));
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(get_by_id_libpq)->UseRealTime();

void get_by_id_session(benchmark::State& state) {
  const auto sql = question("?1");
  std::uint32_t i = 0;
  for (auto _ : state) {
    auto reader = *stage().database->reader();
    const auto id = id_of(i = (i + 7919) % kRows);
    const std::array<Value, 1> values{Blob(id)};
    std::size_t bytes = 0;
    auto done = reader.session().query(sql, values, [&](const Row& row) {
      for (int column = 0; column < row.width(); ++column) bytes += row.text(column).size();
      return Visit::more;
    });
    if (!done || bytes == 0) state.SkipWithError("no row");
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(get_by_id_session)->UseRealTime();

}  // namespace
}  // namespace tenon::storage
