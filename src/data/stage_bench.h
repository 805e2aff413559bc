#pragma once
// What the benchmarks of this room work on: customers of a tenant in a scratch folder, or in a
// private PostgreSQL where TENON_TEST_DATABASE says so. TENON_BENCH_ROWS sets how many, 100,000
// unless said; the temporary directory (TMPDIR) says on which disk.

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "data/run_unit.h"
#include "data/tenant.h"
#include "storage/postgres_scratch.h"
#include "storage/scratch.h"

namespace tenon::data::bench {

inline int rows() {
  const char* wanted = std::getenv("TENON_BENCH_ROWS");
  return wanted == nullptr ? 100'000 : std::atoi(wanted);
}

enum class Place : std::uint8_t { file, server };
/// Where TENON_TEST_DATABASE says.
inline Place place() { return tenon::testing::on_postgres() ? Place::server : Place::file; }
/// The address a tenant is created with there: empty for a file.
inline std::string address(Place where) {
  return where == Place::server ? tenon::testing::PrivatePostgres::shared()->fresh_database()
                                : std::string();
}

/// A figure of a stage that is not as it should be would be a lie: says why on stderr and ends.
inline void must(const Result<>& done) {
  if (done) return;
  fmt::print(stderr, "the stage of the benchmark: {}\n", done.error().for_log());
  std::abort();
}

inline Deadline soon() { return Deadline::after(std::chrono::minutes(2)); }

inline Field field(std::string name, FieldType type) {
  Field made;
  made.name = std::move(name);
  made.type = type;
  return made;
}

/// Seven fields, two secondary indexes.
inline Entity customer() {
  Entity entity{.plugin = "crm", .name = "customer"};
  entity.fields = {field("name", FieldType::string),    field("code", FieldType::string),
                   field("city", FieldType::string),    field("credit", FieldType::money),
                   field("active", FieldType::boolean), field("born", FieldType::date),
                   field("notes", FieldType::text)};
  entity.fields[0].sortable = true;
  entity.indexes = {{.fields = {"city"}}};
  return entity;
}

inline json::object sample(int i) {
  return {{"name", fmt::format("客户 {:06}", i * 7919 % 1'000'000)},
          {"code", fmt::format("KH{:06}", i)},
          {"city", fmt::format("城市{}", i % 50)},
          {"credit", "1234.50"},
          {"active", i % 2 == 0},
          {"born", "1990-02-28"},
          {"notes", "老客户，月结三十天。"}};
}

/// Seven secondary indexes.
inline Entity indexed() {
  auto entity = customer();
  for (auto& one : entity.fields)
    if (one.name == "code" || one.name == "credit" || one.name == "born" || one.name == "active")
      one.sortable = true;
  entity.indexes.push_back({.fields = {"name", "city"}});
  return entity;
}

/// The same customers, searchable, in twenty departments; the viewer's subtree has five of them.
inline Entity searched() {
  auto entity = customer();
  for (auto& one : entity.fields)
    if (one.name == "name" || one.name == "notes") one.searchable = true;
  return entity;
}

inline DepartmentId department(int i) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(i);
  return DepartmentId{uuid};
}

inline Viewer tree_viewer(int departments) {
  Viewer viewer{
      .user = UserId{}, .department = department(0), .departments = {}, .rights = nullptr};
  for (int i = 0; i < departments; ++i) viewer.departments.push_back(department(i));
  viewer.rights = std::make_shared<RightsTable>(
      std::map<std::string, Access, std::less<>>{},
      Access{.scope = Scope::department_tree, .hidden = {}, .locked = {}});
  return viewer;
}

struct Stage {
  std::string url;  // of the server
  tenon::testing::ScratchDirectory directory;
  BlockingPool pool{{.threads = 2}};
  SystemClock clock;
  SystemRandom random;
  Tenants tenants{directory.path(), pool, clock, random};
  std::shared_ptr<Tenant> tenant;
  std::vector<RecordId> ids;

  explicit Stage(int rows, Entity entity = customer(), Place where = place())
      : url(address(where)) {
    tenant = *tenants.create("bench", url);
    Package package{.id = "crm",
                    .version = "1",
                    .manifest = {},
                    .component = {},
                    .sha256 = {},
                    .entities = {std::move(entity)}};
    must(tenon::testing::run(tenant->install(std::move(package), soon())));
    for (int from = 0; from < rows; from += 1000) {
      fill(from, from + 1000);
      spread(from, from + 1000);
    }
    if (where == Place::server && rows > 0) settle();
  }

  /// What the server would clear away later, while something is measured.
  void settle() const {
    const auto* server = tenon::testing::PrivatePostgres::shared();
    const auto database = url.substr(url.rfind('/') + 1);
    if (!server->ask("VACUUM (ANALYZE)", database) || !server->ask("CHECKPOINT")) std::terminate();
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
    must(done);
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
    must(done);
  }

  [[nodiscard]] const EntityInfo& info() const {
    return *tenant->catalog()->find("crm", "customer");
  }
};

/// Customers from number `from` on, each a durable transaction of its own.
inline asio::awaitable<void> create(std::shared_ptr<Tenant> tenant, int from, int count,
                                    std::atomic<int>* acknowledged) {
  for (int i = from; i < from + count; ++i) {
    auto done = co_await run_unit(tenant, Viewer{}, Origin{}, soon(), [i](UnitOfWork& unit) {
      return unit.insert(*unit.catalog().find("crm", "customer"), sample(i));
    });
    if (done) ++*acknowledged;
  }
}

}  // namespace tenon::data::bench
