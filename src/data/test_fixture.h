#pragma once
// Test support: a tenant in a scratch directory with two entities that use most kinds of fields.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "data/run_unit.h"
#include "data/tenant.h"
#include "storage/postgres_scratch.h"
#include "storage/scratch.h"

namespace tenon::data::testing {

inline Deadline soon() { return Deadline::after(std::chrono::seconds(20)); }

inline Field field(std::string name, FieldType type) {
  Field made;
  made.name = std::move(name);
  made.type = type;
  return made;
}

inline Entity company() {
  Entity entity{.plugin = "crm", .name = "company"};
  auto name = field("name", FieldType::string);
  name.required = name.unique = true;
  entity.fields = {name};
  return entity;
}

inline Entity customer() {
  Entity entity{.plugin = "crm", .name = "customer"};
  auto name = field("name", FieldType::string);
  name.required = name.searchable = name.sortable = name.filterable = true;
  name.max_length = 120;
  auto code = field("code", FieldType::string);
  code.pattern = "[A-Z]{2}[0-9]{6}";
  auto city = field("city", FieldType::string);
  city.filterable = city.sortable = true;
  city.default_value = "\"上海\"";
  auto level = field("level", FieldType::select);
  level.options = {{.value = "A"}, {.value = "B"}};
  auto credit = field("credit", FieldType::money);
  credit.minimum = "0";
  credit.maximum = "\"1000000.00\"";
  credit.sortable = true;
  auto active = field("active", FieldType::boolean);
  auto born = field("born", FieldType::date);
  auto seen = field("seen", FieldType::datetime);
  auto visits = field("visits", FieldType::integer);
  auto notes = field("notes", FieldType::text);
  auto extra = field("extra", FieldType::json);
  auto tags = field("tags", FieldType::multi_select);
  tags.options = {{.value = "vip"}, {.value = "new"}};
  auto token = field("token", FieldType::uuid);
  auto employer = field("employer", FieldType::reference);
  employer.ref_entity = "company";
  employer.on_delete = OnDelete::set_null;
  auto score = field("score", FieldType::computed);
  entity.fields = {name,   code,  city,  level, credit, active,   born, seen,
                   visits, notes, extra, tags,  token,  employer, score};
  entity.indexes = {{.fields = {"city", "level"}}, {.fields = {"code"}, .unique = true}};
  return entity;
}

inline Entity contact() {
  Entity entity{.plugin = "crm", .name = "contact"};
  auto phone = field("phone", FieldType::string);
  auto owner = field("customer", FieldType::reference);
  owner.ref_entity = "customer";
  owner.on_delete = OnDelete::cascade;
  owner.required = true;
  entity.fields = {phone, owner};
  return entity;
}

inline Package crm(std::vector<Entity> entities = {company(), customer(), contact()}) {
  return {.id = "crm",
          .version = "1.0.0",
          .manifest = "[metadata]",
          .component = std::string("\0asm", 4),
          .sha256 = "00",
          .entities = std::move(entities)};
}

class TenantTest : public ::testing::Test {
 protected:
  tenon::testing::ScratchDirectory directory_;
  // One thread for each connection: a writer's next step must not stand behind those that wait for
  // it.
  BlockingPool pool_{{.threads = tenon::testing::on_postgres() ? 16U : 2U}};
  SystemClock clock_;
  SystemRandom random_;
  Tenants tenants_{directory_.path(), pool_, clock_, random_};
  std::shared_ptr<Tenant> tenant_;

  /// Where the tenants of this test live; empty: in files.
  std::string database_;

  void SetUp() override {
    if (tenon::testing::on_postgres()) {
      TENON_NEEDS_POSTGRES();
      database_ = tenon::testing::PrivatePostgres::shared()->fresh_database();
      ASSERT_FALSE(database_.empty());
    }
    auto made = tenants_.create("acme", database_);
    ASSERT_TRUE(made) << made.error().for_log();
    tenant_ = *made;
    auto installed = tenon::testing::run(tenant_->install(crm(), soon()));
    ASSERT_TRUE(installed) << installed.error().for_log();
  }

  const EntityInfo& entity(std::string_view name) {
    static thread_local std::vector<std::shared_ptr<const Catalog>> kept;
    kept.push_back(tenant_->catalog());
    const auto* found = kept.back()->find("crm", name);
    if (found == nullptr) throw std::runtime_error("no such entity");
    return *found;
  }

  /// Runs `work(UnitOfWork&)` in a unit that commits when it succeeds.
  template <class Work>
  auto within(Work work, Origin origin = {.plugin = "crm"}, Viewer viewer = {}) {
    return tenon::testing::run(
        run_unit(tenant_, std::move(viewer), std::move(origin), soon(), std::move(work)));
  }

  Result<Record> insert(std::string_view name, std::string_view fields) {
    auto object = json::parse_object(fields);
    if (!object) return std::unexpected(std::move(object.error()));
    return within([&](UnitOfWork& unit) { return unit.insert(entity(name), *object); });
  }

  /// Inserts `count` records made by `fields(i)`, few in a unit: a slow machine keeps the lease,
  /// too.
  template <class Fields>
  Result<> insert_many(std::string_view name, int count, Fields fields) {
    constexpr int kInUnit = 50;
    for (int from = 0; from < count; from += kInUnit)
      TENON_TRY(within([&](UnitOfWork& unit) -> Result<> {
        for (int i = from; i < std::min(from + kInUnit, count); ++i)
          TENON_TRY(unit.insert(entity(name), fields(i)));
        return {};
      }));
    return {};
  }

  Result<Page> list(std::string_view name, std::string_view query, Count count = Count::none) {
    auto parameters = split_query(query);
    if (!parameters) return std::unexpected(std::move(parameters.error()));
    auto parsed = parse_query(entity(name), *parameters);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    parsed->count = count;
    return tenant_->list(entity(name), *parsed, {}, soon());
  }

  /// Seals what waits and walks the audit chain.
  Result<AuditReport> audited(const std::optional<ChainHead>& kept = {}) {
    TENON_TRY(tenon::testing::run(tenant_->seal_audit(3, soon())));
    return tenant_->verify_audit(kept);
  }

  /// Runs SQL as it is, in a transaction of its own.
  void plainly(const std::string& sql) {
    auto done = tenon::testing::run([](Tenant* tenant, const std::string* text) -> Task<> {
      TENON_CO_ASSIGN(lease, co_await tenant->database().lease(soon()));
      TENON_CO_TRY(lease.session().script(*text));
      co_return co_await lease.commit();
    }(tenant_.get(), &sql));
    ASSERT_TRUE(done) << done.error().for_log();
  }

  /// Makes the customers so many that PostgreSQL's planner, which goes by its statistics, has a
  /// reason to use an index. SQLite's goes by its rules.
  void grow_customers(int rows) {
    if (!tenon::testing::on_postgres()) return;
    plainly(
        "INSERT INTO x1_customer(\"id\", \"f_name\", \"s_name\", \"f_city\", \"f_credit\", "
        "\"version\", \"created_at\", \"updated_at\") SELECT gen_random_uuid(), 'm' || i, 'm' || "
        "i, 'c' || i % 50, i % 1000, 1, 0, 0 FROM generate_series(1, " +
        std::to_string(rows) + ") AS g(i)");
    plainly("ANALYZE x1_customer");
  }

  struct Explained {
    std::string steps;
    bool indexed = false;  // every walk of a table is one of an index
    bool sorted = false;   // rows are sorted on the way
    bool sought = false;   // the walk starts at a value
  };
  /// How the database would run a statement.
  static Explained explained(storage::Session& session, const std::string& sql,
                             storage::Values values) {
    const bool sqlite = session.dialect() == storage::Dialect::sqlite;
    Explained plan;
    auto done = session.query((sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + sql, values,
                              [&](const storage::Row& row) {
                                plan.steps += std::string(row.text(sqlite ? 3 : 0)) + "; ";
                                return storage::Visit::more;
                              });
    EXPECT_TRUE(done) << done.error().for_log();
    const auto has = [&](std::string_view word) {
      return plan.steps.find(word) != std::string::npos;
    };
    plan.indexed = has(sqlite ? " INDEX " : "Index ") && !has("Seq Scan");
    plan.sorted = has(sqlite ? "TEMP B-TREE" : "Sort");
    plan.sought = sqlite ? !has("SCAN") : has("Index Cond");
    return plan;
  }

  /// The answer to `select=name` as `a,b,c`, or the reason of the error.
  std::string names(std::string_view query) {
    auto page = list("customer", std::string(query) + "&select=name");
    if (!page) return page.error().reason();
    std::string text;
    const auto parsed = json::parse(page->json);
    for (const auto& row : parsed->as_array())
      text += (text.empty() ? "" : ",") + std::string(row.at("name").as_string());
    return text;
  }
};

}  // namespace tenon::data::testing
