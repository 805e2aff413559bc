#pragma once
// Test support: modules that change, there and back, with everything they leave compared.

#include <fmt/format.h>

#include <sstream>

#include "data/migrator.h"
#include "data/test_fixture.h"

namespace tenon::data::testing {

inline Package lab(std::vector<Entity> entities, std::string version) {
  return {.id = "lab",
          .version = std::move(version),
          .manifest = "[metadata]",
          .component = "x",
          .sha256 = "00",
          .entities = std::move(entities)};
}

inline Entity part(std::vector<Field> fields, std::vector<Index> indexes = {}) {
  Entity entity{.plugin = "lab", .name = "part"};
  entity.fields = std::move(fields);
  entity.indexes = std::move(indexes);
  return entity;
}
inline Field named(std::string name = "name") {
  auto made = field(std::move(name), FieldType::string);
  made.filterable = true;
  return made;
}
inline Field with(Field made, auto change) {
  change(made);
  return made;
}

class MigrationTest : public TenantTest {
 protected:
  void SetUp() override {
    if (tenon::testing::on_postgres()) {
      TENON_NEEDS_POSTGRES();
      database_ = tenon::testing::PrivatePostgres::shared()->fresh_database();
      ASSERT_FALSE(database_.empty());
    }
    auto made = tenants_.create("acme", database_);
    ASSERT_TRUE(made) << made.error().for_log();
    tenant_ = *made;
  }

  bool sqlite() { return tenant_->database().dialect() == Dialect::sqlite; }
  /// Names of the columns of a table, sorted.
  std::string columns_of(std::string_view table) {
    return answer(sqlite() ? fmt::format("SELECT name FROM pragma_table_info('{}') WHERE name <> "
                                         "'rid' ORDER BY name",
                                         table)
                           : fmt::format("SELECT CAST(attname AS TEXT) FROM pg_attribute WHERE "
                                         "attrelid = CAST('{}' AS regclass) AND attnum > 0 AND NOT "
                                         "attisdropped ORDER BY attname",
                                         table));
  }
  /// Tables that begin with `prefix`.
  std::string tables(std::string_view prefix) {
    return answer(sqlite() ? fmt::format("SELECT name FROM sqlite_master WHERE type = 'table' AND "
                                         "name LIKE '{}%' ORDER BY name",
                                         prefix)
                           : fmt::format("SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE "
                                         "schemaname = current_schema() AND tablename LIKE '{}%' "
                                         "ORDER BY tablename",
                                         prefix));
  }

  void install(const Package& package) {
    const auto done = tenon::testing::run(tenant_->install(package, soon()));
    ASSERT_TRUE(done) << done.error().for_log();
  }
  void fill(std::initializer_list<std::string_view> rows, std::string_view name = "part") {
    for (const auto row : rows) {
      auto object = json::parse_object(row);
      const auto catalog = tenant_->catalog();
      const auto made = within(
          [&](UnitOfWork& unit) { return unit.insert(*catalog->find("lab", name), *object); },
          {.plugin = "lab"});
      ASSERT_TRUE(made) << made.error().for_log() << row;
    }
  }
  /// Tables and rows of everything that is installed.
  std::string state() {
    auto reader = tenant_->database().reader();
    auto& session = reader->session();
    const auto tables = dump_tables(session);
    std::string text;
    for (const auto& [name, dump] : *tables) {
      text += dump;
      std::string columns;
      std::istringstream names(columns_of(name.substr(1, name.size() - 2)));
      for (std::string column; names >> column;)
        columns += fmt::format(
            "{}coalesce({}, '-')", columns.empty() ? "" : " || ' ' || ",
            sqlite() ? "quote(\"" + column + "\")" : "CAST(\"" + column + "\" AS TEXT)");
      EXPECT_TRUE(session.query(fmt::format("SELECT {} FROM {} ORDER BY id", columns, name), {},
                                [&](const storage::Row& row) {
                                  text += std::string(row.text(0)) + "\n";
                                  return storage::Visit::more;
                                }));
    }
    return text + answer("SELECT name, period, next FROM number_sequence ORDER BY 1, 2");
  }
  std::string answer(std::string_view sql) {
    auto reader = tenant_->database().reader();
    std::string text;
    const auto done = reader->session().query(sql, {}, [&](const storage::Row& row) {
      for (int i = 0; i < row.width(); ++i)
        text += (row.is_null(i)        ? "-"
                 : row.text(i).empty() ? std::to_string(row.integer(i))
                                       : std::string(row.text(i))) +
                " ";
      return storage::Visit::more;
    });
    EXPECT_TRUE(done) << done.error().for_log();
    return text;
  }
  /// Upgrades, looks, goes back: everything is as before; goes forward again.
  void there_and_back(const Package& after, Consent consent, auto look) {
    const auto before = state();
    const auto away = tables("q");
    const auto definitions = answer("SELECT definition FROM entity ORDER BY plugin, name");
    const auto tried = tenon::testing::run(tenant_->dry_run(after, soon()));
    ASSERT_TRUE(tried) << tried.error().for_log();
    EXPECT_EQ(state(), before) << "a dry run changes nothing";
    const auto plan = tenon::testing::run(tenant_->upgrade(after, consent, {}, soon()));
    ASSERT_TRUE(plan) << plan.error().for_log() << plan.error().details();
    EXPECT_EQ(plan->destructive(), consent == Consent::destructive);
    for (const auto& step : plan->steps) EXPECT_TRUE(step.text.contains("zh-CN"));
    look();
    const auto forward = state();
    reopen();
    EXPECT_EQ(state(), forward);
    const auto undone = tenon::testing::run(tenant_->undo(after.id, Consent::destructive, soon()));
    ASSERT_TRUE(undone) << undone.error().for_log();
    EXPECT_EQ(state(), before);
    EXPECT_EQ(answer("SELECT definition FROM entity ORDER BY plugin, name"), definitions);
    EXPECT_EQ(tables("q"), away);
    reopen();
    const auto again = tenon::testing::run(tenant_->upgrade(after, consent, {}, soon()));
    ASSERT_TRUE(again) << again.error().for_log();
    look();
  }
  void reopen() {
    tenant_.reset();
    tenants_.close();
    auto opened = tenants_.open("acme");
    ASSERT_TRUE(opened) << opened.error().for_log();
    tenant_ = *opened;
  }
  void refused(const Package& after, std::string_view reason, std::string_view problem,
               std::string_view value = {}) {
    const auto before = state();
    const auto plan = tenon::testing::run(tenant_->upgrade(after, Consent::none, {}, soon()));
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().reason(), reason) << plan.error().for_log();
    EXPECT_NE(plan.error().details().find(problem), std::string::npos) << plan.error().details();
    EXPECT_NE(plan.error().details().find(value), std::string::npos) << plan.error().details();
    EXPECT_EQ(state(), before);
  }
};

}  // namespace tenon::data::testing
