// Names and sizes at their bounds: every keyword of both databases as a name, the longest names,
// the largest schemas.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "data/migrator.h"
#include "data/names.h"
#include "data/relations.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using tenon::testing::run;
using testing::field;

// All of SQLite 3.54 and of PostgreSQL 15, and what PostgreSQL 17 added that is reserved.
constexpr std::string_view kKeywords = R"(
abort absent absolute access action add admin after aggregate all also alter always analyse analyze
and any array as asc asensitive assertion assignment asymmetric at atomic attach attribute
authorization autoincrement backward before begin between bigint binary bit boolean both breadth by
cache call called cascade cascaded case cast catalog chain char character characteristics check
checkpoint class close cluster coalesce collate collation column columns comment comments commit
committed compression concurrently configuration conflict connection constraint constraints content
continue conversion copy cost create cross csv cube current current_catalog current_date
current_role current_schema current_time current_timestamp current_user cursor cycle data database
date day deallocate dec decimal declare default defaults deferrable deferred definer delete
delimiter delimiters depends depth desc detach dictionary disable discard distinct do document
domain double drop each else enable encoding encrypted end enum escape event except exclude
excluding exclusive execute exists explain expression extension external extract fail false family
fetch filter finalize first float following for force foreign forward freeze from full function
functions generated glob global grant granted greatest group grouping groups handler having header
hold hour identity if ignore ilike immediate immutable implicit import in include including
increment index indexed indexes inherit inherits initially inline inner inout input insensitive
insert instead int integer intersect interval into invoker is isnull isolation join json_array
json_object json_table key label language large last lateral leading leakproof least left level like
limit listen load local localtime localtimestamp location lock locked logged mapping match matched
materialized maxvalue merge method minute minvalue mode month move name names national natural nchar
new next nfc nfd nfkc nfkd no none normalize normalized not nothing notify notnull nowait null
nullif nulls numeric object of off offset oid oids old on only operator option options or order
ordinality others out outer over overlaps overlay overriding owned owner parallel parameter parser
partial partition passing password placing plan plans policy position pragma preceding precision
prepare prepared preserve primary prior privileges procedural procedure procedures program public
publication query quote raise range read real reassign recheck recursive ref references referencing
refresh regexp reindex relative release rename repeatable replace replica reset restart restrict
return returning returns revoke right role rollback rollup routine routines row rows rule savepoint
schema schemas scroll search second security select sequence sequences serializable server session
session_user set setof sets share show similar simple skip smallint snapshot some sql stable
standalone start statement statistics stdin stdout storage stored strict strip subscription
substring support symmetric sysid system system_user table tables tablesample tablespace temp
template temporary text then ties time timestamp to trailing transaction transform treat trigger
trim true truncate trusted type types uescape unbounded uncommitted unencrypted union unique unknown
unlisten unlogged until update user using vacuum valid validate validator value values varchar
variadic varying verbose version view views virtual volatile when where whitespace window with
within without work wrapper write xml xmlattributes xmlconcat xmlelement xmlexists xmlforest
xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable year yes zone)";

std::vector<std::string> words() {
  std::istringstream text{std::string(kKeywords)};
  std::vector<std::string> all;
  for (std::string word; text >> word;) all.push_back(word);
  return all;
}

/// Two of the words are columns that every table has.
std::string column_name(const std::string& word) {
  return word == "owner" || word == "version" ? word + "_" : word;
}

Package lab(std::vector<Entity> entities) {
  return {"lab", "1.0.0", "m", "c", "00", std::move(entities)};
}

class SchemaCaps : public testing::TenantTest {
 protected:
  void SetUp() override {
    if (tenon::testing::on_postgres()) {
      TENON_NEEDS_POSTGRES();
      database_ = tenon::testing::PrivatePostgres::shared()->fresh_database();
    }
    auto made = tenants_.create("acme", database_);
    ASSERT_TRUE(made) << made.error().for_log();
    tenant_ = *made;
  }
  Result<> install(std::vector<Entity> entities) {
    return run(tenant_->install(lab(std::move(entities)), testing::soon()));
  }
};

TEST_F(SchemaCaps, takes_every_keyword_as_the_name_of_a_field_and_of_an_entity) {
  const auto all = words();
  ASSERT_GT(all.size(), 450U);
  for (std::size_t begin = 0; begin < all.size(); begin += 100) {
    std::vector<Entity> entities;
    for (std::size_t i = begin; i < std::min(begin + 100, all.size()); ++i) {
      Entity entity{.plugin = "lab", .name = all[i]};
      auto one = field(column_name(all[i]), FieldType::string);
      one.unique = true;
      entity.fields = {one};
      entities.push_back(std::move(entity));
    }
    const auto named = entities;
    auto package = lab(std::move(entities));
    package.id = fmt::format("lab{}", begin);
    for (auto& entity : package.entities) entity.plugin = package.id;
    const auto done = run(tenant_->install(package, testing::soon()));
    ASSERT_TRUE(done) << done.error().for_log();
    for (const auto& entity : named) {
      const auto catalog = tenant_->catalog();
      const auto made = within(
          [&](UnitOfWork& unit) {
            return unit.insert(*catalog->find(package.id, entity.name),
                               {{column_name(entity.name), "v"}});
          },
          {.plugin = package.id});
      EXPECT_TRUE(made) << entity.name << made.error().for_log();
    }
  }
}

TEST_F(SchemaCaps, keeps_long_names_apart_that_agree_in_the_first_63_bytes) {
  const std::string long_name(39, 'n');
  Entity entity{.plugin = "lab", .name = std::string(40, 'e')};
  // The names of these indexes agree in far more than 63 bytes.
  for (const char last : {'a', 'b', 'c'}) {
    auto one = field(long_name + last, FieldType::string);
    one.unique = true;
    entity.fields.push_back(one);
  }
  entity.indexes = {{.fields = {entity.fields[0].name, entity.fields[1].name}},
                    {.fields = {entity.fields[0].name, entity.fields[2].name}}};
  ASSERT_TRUE(install({entity}));
  auto reader = tenant_->database().reader();
  std::set<std::string> names;
  ASSERT_TRUE(reader->session().query(
      tenant_->database().dialect() == Dialect::sqlite
          ? "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'i1_%'"
          : "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = current_schema() "
            "AND indexname LIKE 'i1_%'",
      {}, [&](const storage::Row& row) {
        EXPECT_LE(row.text(0).size(), 63U);
        names.emplace(row.text(0));
        return storage::Visit::more;
      }));
  EXPECT_EQ(names.size(), 9U);  // with those of scopes and trash
  EXPECT_LE(table_name(4'000'000'000U, std::string(40, 'e')).size(), 65U);
  EXPECT_LE(extension_shadow(4'000'000'000U, std::string(40, 'e')).size(), 65U);
  EXPECT_FALSE(check_name(std::string(41, 'e')));
}

std::vector<Entity> tables(std::size_t count) {
  std::vector<Entity> entities;
  for (std::size_t i = 0; i < count; ++i) {
    Entity entity{.plugin = "lab", .name = fmt::format("t{}", i)};
    entity.fields = {field("name", FieldType::string)};
    entities.push_back(std::move(entity));
  }
  return entities;
}

Entity wide(std::size_t fields, std::size_t indexes) {
  Entity entity{.plugin = "lab", .name = "wide"};
  for (std::size_t i = 0; i < fields; ++i)
    entity.fields.push_back(field(fmt::format("f{}", i), FieldType::integer));
  for (std::size_t i = 0; i < indexes; ++i)
    entity.indexes.push_back({.fields = {fmt::format("f{}", i)}, .unique = false, .where = {}});
  return entity;
}

TEST_F(SchemaCaps, holds_what_is_at_a_cap_and_refuses_one_more) {
  EXPECT_FALSE(expand(tables(101)));
  EXPECT_TRUE(expand(tables(100)));
  EXPECT_FALSE(expand({wide(40, 33)}));
  auto done = install({wide(201, 0)});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "schema.field");
  auto entities = tables(99);
  entities.push_back(wide(200, 32));
  done = install(std::move(entities));
  ASSERT_TRUE(done) << done.error().for_log();
}

TEST_F(SchemaCaps, counts_the_tables_of_relations_too) {
  auto entities = tables(100);
  entities[0].relations = {{.name = "many",
                            .kind = RelationKind::many_to_many,
                            .display_name = {},
                            .ref_plugin = {},
                            .ref_entity = "t1",
                            .ref_field = {},
                            .required = false,
                            .on_delete = OnDelete::restrict}};
  const auto done = expand(entities);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "schema.limit");
}

TEST_F(SchemaCaps, stores_hostile_text_of_a_manifest_as_data_only) {
  Entity entity{.plugin = "lab", .name = "part"};
  auto name = field("name", FieldType::string);
  name.required = true;
  name.default_value = R"("'); DROP TABLE plugin; --")";
  entity.fields = {name};
  entity.indexes = {
      {.fields = {"name"}, .unique = false, .where = R"(name.neq."'; DROP TABLE plugin; --")"}};
  auto first = entity;
  first.fields.push_back(field("other", FieldType::string));
  first.fields.erase(first.fields.begin());
  first.indexes.clear();
  ASSERT_TRUE(install({first}));
  entity.fields.push_back(field("other", FieldType::string));
  const auto done = install({entity});  // the default becomes a constant of ALTER TABLE
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_NE(tenant_->catalog()->plugin("lab"), nullptr);
  for (const auto* wrong :
       {"name", "name.eq", "nothing.eq.1", "name.like.a*", "(name.eq.a", "name.eq.a) OR (1=1"}) {
    entity.indexes[0].where = wrong;
    EXPECT_FALSE(install({entity})) << wrong;
  }
}

}  // namespace
}  // namespace tenon::data
