// Every kind of change: applied, seen, taken back, with the same tables and the same rows as
// before.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "data/migration_fixture.h"

namespace tenon::data {
namespace {

using tenon::testing::run;
using testing::field;
using testing::lab;
using testing::named;
using testing::part;
using testing::with;

class Migration : public testing::MigrationTest {};

constexpr auto kNone = Consent::none;
constexpr auto kAgreed = Consent::destructive;

TEST_F(Migration, creates_and_undoes_a_first_install) {
  const auto before = state();
  install(lab({part({named()})}, "1.0.0"));
  fill({R"({"name":"a"})"});
  const auto careless = run(tenant_->undo("lab", Consent::none, testing::soon()));
  ASSERT_FALSE(careless);
  EXPECT_EQ(careless.error().reason(), "schema.consent");
  ASSERT_TRUE(run(tenant_->undo("lab", kAgreed, testing::soon())));
  EXPECT_EQ(state(), before);
  EXPECT_EQ(tenant_->catalog()->plugin("lab"), nullptr);
}

TEST_F(Migration, adds_optional_and_defaulted_fields_with_indexes) {
  install(lab({part({named()})}, "1.0.0"));
  fill({R"({"name":"a"})", R"({"name":"b"})"});
  auto color = with(named("color"), [](Field& f) {
    f.required = true;
    f.default_value = "\"r'ed\"";
  });
  auto size = field("size", FieldType::integer);
  size.sortable = true;
  there_and_back(
      lab({part({named(), color, size}, {{.fields = {"color", "size"}}})}, "1.1.0"), kNone,
      [&] { EXPECT_EQ(answer("SELECT f_color, f_size FROM x1_part"), "r'ed - r'ed - "); });
}

TEST_F(Migration, adds_a_reference_and_a_table) {
  install(lab({part({named()})}, "1.0.0"));
  fill({R"({"name":"a"})"});
  auto maker = field("maker", FieldType::reference);
  maker.ref_entity = "maker";
  Entity other{.plugin = "lab", .name = "maker"};
  other.fields = {named()};
  there_and_back(lab({part({named(), maker}), other}, "1.1.0"), kNone,
                 [&] { EXPECT_EQ(answer("SELECT count(*) FROM x1_maker"), "0 "); });
}

TEST_F(Migration, makes_a_field_searchable) {
  install(lab({part({named()})}, "1.0.0"));
  fill({R"({"name":"ÄB"})"});
  there_and_back(lab({part({with(named(), [](Field& f) { f.searchable = true; })})}, "1.1.0"),
                 kNone, [&] { EXPECT_EQ(answer("SELECT s_name FROM x1_part"), "äb "); });
}

TEST_F(Migration, widens_integer_to_decimal_and_scale) {
  install(lab({part({named(), field("weight", FieldType::integer)})}, "1.0.0"));
  fill({R"({"name":"a","weight":-7})", R"({"name":"b"})"});
  auto decimal = field("weight", FieldType::decimal);
  decimal.scale = 3;
  there_and_back(lab({part({named(), decimal})}, "1.1.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT f_weight FROM x1_part ORDER BY f_name"), "-7000 - ");
  });
  decimal.scale = 6;
  there_and_back(lab({part({named(), decimal})}, "1.2.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT f_weight FROM x1_part ORDER BY f_name"), "-7000000 - ");
  });
}

TEST_F(Migration, refuses_a_scale_that_a_value_does_not_fit) {
  install(lab({part({named(), field("weight", FieldType::integer)})}, "1.0.0"));
  fill({R"({"name":"a","weight":900000000000000000})"});
  auto decimal = field("weight", FieldType::decimal);
  decimal.scale = 3;
  refused(lab({part({named(), decimal})}, "1.1.0"), "schema.data", "schema.data.range",
          "900000000000000000");
}

TEST_F(Migration, widens_string_to_text_and_date_to_datetime) {
  install(lab({part({named(), field("day", FieldType::date), field("code", FieldType::integer)})},
              "1.0.0"));
  fill({R"({"name":"a","day":"1969-12-30","code":12})"});
  there_and_back(lab({part({field("name", FieldType::text), field("day", FieldType::datetime),
                            field("code", FieldType::string)})},
                     "1.1.0"),
                 kNone, [&] {
                   EXPECT_EQ(answer("SELECT f_name, f_day, f_code FROM x1_part"),
                             "a -172800000000 12 ");
                 });
}

TEST_F(Migration, makes_a_field_required_and_optional_again) {
  install(lab({part({named(), named("code")})}, "1.0.0"));
  fill({R"({"name":"a","code":"x"})"});
  auto required = with(named("code"), [](Field& f) { f.required = true; });
  there_and_back(lab({part({named(), required})}, "1.1.0"), kNone, [] {});
  there_and_back(lab({part({named(), named("code")})}, "1.2.0"), kNone, [] {});
  fill({R"({"name":"b"})"});
  refused(lab({part({named(), required})}, "1.3.0"), "schema.data", "schema.data.missing");
  required.default_value = "\"none\"";
  there_and_back(lab({part({named(), required})}, "1.4.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT f_code FROM x1_part ORDER BY f_name"), "x none ");
  });
}

TEST_F(Migration, refuses_a_new_required_field_without_default_while_there_are_rows) {
  install(lab({part({named()})}, "1.0.0"));
  auto code = with(named("code"), [](Field& f) { f.required = true; });
  there_and_back(lab({part({named(), code})}, "1.1.0"), kNone, [] {});
  fill({R"({"name":"a","code":"x"})"});
  auto more = with(named("more"), [](Field& f) { f.required = true; });
  refused(lab({part({named(), code, more})}, "1.2.0"), "schema.data", "schema.data.missing");
}

TEST_F(Migration, renames_a_field_and_a_table) {
  install(lab({part({with(named(), [](Field& f) { f.searchable = f.unique = true; }),
                     field("flag", FieldType::boolean)})},
              "1.0.0"));
  fill({R"({"name":"A","flag":true})"});
  auto title = with(named("title"), [](Field& f) {
    f.searchable = f.unique = true;
    f.renamed_from = "name";
  });
  auto mark = with(field("mark", FieldType::boolean), [](Field& f) { f.renamed_from = "flag"; });
  there_and_back(lab({part({title, mark})}, "1.1.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT f_title, s_title, f_mark FROM x1_part"), "A a 1 ");
  });
  auto item = part({title, mark});
  item.name = "item";
  item.renamed_from = "part";
  there_and_back(lab({item}, "1.2.0"), kNone,
                 [&] { EXPECT_EQ(answer("SELECT f_title FROM x1_item"), "A "); });
}

TEST_F(Migration, renames_a_table_that_others_refer_to) {
  auto owner = field("owner_part", FieldType::reference);
  owner.ref_entity = "part";
  owner.on_delete = OnDelete::cascade;
  Entity piece{.plugin = "lab", .name = "piece"};
  piece.fields = {named(), owner};
  install(lab({part({named()}), piece}, "1.0.0"));
  auto item = part({named()});
  item.name = "item";
  item.renamed_from = "part";
  piece.fields[1].ref_entity = "item";
  const auto plan = run(tenant_->plan(lab({item, piece}, "1.1.0"), testing::soon()));
  ASSERT_TRUE(plan) << plan.error().for_log();
}

TEST_F(Migration, drops_a_field_into_the_quarantine_only_with_consent) {
  install(lab({part({with(named(), [](Field& f) { f.required = true; }),
                     with(named("code"), [](Field& f) { f.required = f.unique = true; })})},
              "1.0.0"));
  fill({R"({"name":"a","code":"x"})", R"({"name":"b","code":"y"})"});
  const auto after = lab({part({with(named(), [](Field& f) { f.required = true; })})}, "2.0.0");
  refused(after, "schema.consent", "schema.data.dropped");
  there_and_back(after, kAgreed,
                 [&] { EXPECT_EQ(columns_of("x1_part").find("f_code"), std::string::npos); });
  Migrator migrator(tenant_->database(), clock_);
  const auto purged = run(migrator.purge_quarantine("lab", testing::soon()));
  ASSERT_TRUE(purged) << purged.error().for_log();
  EXPECT_EQ(*purged, 1U);
  const auto undone = run(tenant_->undo("lab", kAgreed, testing::soon()));
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().reason(), "schema.no_migration");
}

TEST_F(Migration, drops_a_table_into_the_quarantine_only_with_consent) {
  Entity other{.plugin = "lab", .name = "other"};
  auto to = field("to_part", FieldType::reference);
  to.ref_entity = "part";
  other.fields = {named(), to};
  install(lab({part({named()}), other}, "1.0.0"));
  fill({R"({"name":"a"})"}, "other");
  const auto after = lab({part({named()})}, "2.0.0");
  refused(after, "schema.consent", "schema.data.dropped_table");
  there_and_back(after, kAgreed, [&] { EXPECT_EQ(tables("x1_other"), ""); });
}

TEST_F(Migration, narrows_only_with_consent_and_gives_back_what_was_cut) {
  auto number = field("weight", FieldType::decimal);
  number.scale = 3;
  install(lab({part({named(), number})}, "1.0.0"));
  fill({R"({"name":"abcdef","weight":"1.234"})", R"({"name":"ab","weight":"-1.500"})"});
  auto shorter = with(named(), [](Field& f) { f.max_length = 3; });
  auto whole = field("weight", FieldType::integer);
  const auto after = lab({part({shorter, whole})}, "2.0.0");
  refused(after, "schema.consent", "schema.data.lossy", "abcdef");
  there_and_back(after, kAgreed, [&] {
    EXPECT_EQ(answer("SELECT f_name, f_weight FROM x1_part ORDER BY f_name"), "ab -2 abc 1 ");
  });
}

TEST_F(Migration, replaces_a_field_of_another_kind) {
  install(lab({part({named(), field("value", FieldType::json)})}, "1.0.0"));
  fill({R"({"name":"a","value":{"k":1}})"});
  there_and_back(lab({part({named(), field("value", FieldType::boolean)})}, "2.0.0"), kAgreed,
                 [&] { EXPECT_EQ(answer("SELECT f_value FROM x1_part"), "- "); });
}

TEST_F(Migration, reports_duplicates_by_value_before_a_unique_index) {
  install(lab({part({named(), named("code")})}, "1.0.0"));
  fill({R"({"name":"a","code":"七"})", R"({"name":"b","code":"七"})", R"({"name":"c"})"});
  const auto after =
      lab({part({named(), with(named("code"), [](Field& f) { f.unique = true; })})}, "1.1.0");
  refused(after, "schema.data", "schema.data.duplicate", "七");
  // In part: only where the name is a.
  there_and_back(
      lab({part({named(), named("code")},
                {{.fields = {"code"}, .unique = true, .where = "(name.eq.a,code.is.not_null)"}})},
          "1.2.0"),
      kNone, [&] {
        auto reader = tenant_->database().reader();
        const auto found = dump_tables(reader->session());
        EXPECT_NE(found->at("\"x1_part\"").find("i1_part_u_code"), std::string::npos);
      });
}

TEST_F(Migration, keeps_rows_that_refer_to_a_table_that_is_rebuilt) {
  auto owner = field("owner_part", FieldType::reference);
  owner.ref_entity = "part";
  owner.on_delete = OnDelete::cascade;
  owner.required = true;
  Entity piece{.plugin = "lab", .name = "piece"};
  piece.fields = {owner};
  auto parent = field("parent", FieldType::reference);
  parent.ref_entity = "part";
  install(lab({part({named(), parent}), piece}, "1.0.0"));
  fill({R"({"name":"a"})"});
  const auto id = answer(sqlite() ? "SELECT lower(hex(id)) FROM x1_part"
                                  : "SELECT replace(CAST(id AS TEXT), '-', '') FROM x1_part")
                      .substr(0, 32);
  const auto text = id.substr(0, 8) + "-" + id.substr(8, 4) + "-" + id.substr(12, 4) + "-" +
                    id.substr(16, 4) + "-" + id.substr(20);
  fill({fmt::format(R"({{"owner_part":"{}"}})", text)}, "piece");
  fill({fmt::format(R"({{"name":"b","parent":"{}"}})", text)});
  auto required = with(named(), [](Field& f) { f.required = true; });
  there_and_back(lab({part({required, parent}), piece}, "1.1.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT count(*) FROM x1_piece"), "1 ");
    EXPECT_EQ(answer("SELECT count(*) FROM x1_part WHERE f_parent IS NOT NULL"), "1 ");
    if (sqlite()) EXPECT_EQ(answer("SELECT count(*) FROM pragma_foreign_key_check"), "0 ");
  });
}

TEST_F(Migration, splits_a_field_by_backfill_in_batches) {
  install(lab({part({named()})}, "1.0.0"));
  fill({R"({"name":"ann lee"})", R"({"name":"bo kim"})", R"({"name":"cy wu"})"});
  const auto before = state();
  int batches = 0;
  const Backfill split{
      .steps = 1,
      .run = [&](storage::Session& session, std::uint32_t, std::string_view cursor,
                 std::optional<Timestamp>) -> Result<std::optional<std::string>> {
        ++batches;
        std::string name;
        const std::array<storage::Value, 1> after{cursor};
        TENON_TRY(session.query("SELECT f_name FROM x1_part WHERE f_name > ?1 ORDER BY 1 LIMIT 1",
                                after, [&](const storage::Row& row) {
                                  name = row.text(0);
                                  return storage::Visit::more;
                                }));
        if (name.empty()) return std::nullopt;
        const std::array<storage::Value, 1> values{std::string_view(name)};
        const auto* blank =
            session.dialect() == Dialect::sqlite ? "instr(f_name, ' ')" : "strpos(f_name, ' ')";
        const auto sql = fmt::format(
            "UPDATE x1_part SET f_first = substr(f_name, 1, {0} - 1), "
            "f_last = substr(f_name, {0} + 1) WHERE f_name = ?1",
            blank);
        TENON_TRY(session.execute(sql, values));
        return name;
      }};
  const auto plan = run(tenant_->upgrade(lab({part({named("first"), named("last")})}, "2.0.0"),
                                         kAgreed, split, testing::soon()));
  ASSERT_TRUE(plan) << plan.error().for_log();
  EXPECT_GE(batches, 4);
  EXPECT_EQ(answer("SELECT f_first, f_last FROM x1_part ORDER BY 1"), "ann lee bo kim cy wu ");
  ASSERT_TRUE(run(tenant_->undo("lab", kAgreed, testing::soon())));
  EXPECT_EQ(state(), before);
}

TEST_F(Migration, adds_fields_to_the_public_entity_of_another_plugin) {
  auto open = part({named()});
  open.is_public = true;
  install(lab({open}, "1.0.0"));
  fill({R"({"name":"a"})"});
  Entity extension{.plugin = "hr", .name = "part"};
  extension.extends = "lab";
  auto rank = field("rank", FieldType::integer);
  rank.filterable = true;
  extension.fields = {rank};
  auto hr = lab({extension}, "1.0.0");
  hr.id = "hr";
  const auto bare = state();
  install(hr);
  fill({R"({"name":"b","hr__rank":3})"});
  EXPECT_EQ(answer("SELECT e2_rank FROM x1_part ORDER BY f_name"), "- 3 ");
  // The owner's own upgrade leaves it alone.
  auto required = open;
  required.fields[0].required = true;
  install(lab({required}, "1.1.0"));
  EXPECT_EQ(answer("SELECT e2_rank FROM x1_part ORDER BY f_name"), "- 3 ");
  // Uninstalled: hidden, kept. Back again: there again. Purged: gone.
  ASSERT_TRUE(run(tenant_->set_state("hr", PluginState::uninstalled, testing::soon())));
  EXPECT_FALSE(tenant_->catalog()->find("lab", "part")->find("hr__rank"));
  install(lab({open}, "1.2.0"));
  fill({R"({"name":"c"})"});
  install(hr);
  EXPECT_TRUE(tenant_->catalog()->find("lab", "part")->find("hr__rank"));
  EXPECT_EQ(answer("SELECT e2_rank FROM x1_part ORDER BY f_name"), "- 3 - ");
  const auto held = run(tenant_->purge("lab", testing::soon()));
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().reason(), "schema.referenced");
  const auto purged = run(tenant_->purge("hr", testing::soon()));
  ASSERT_TRUE(purged) << purged.error().for_log();
  EXPECT_EQ(columns_of("x1_part").find("e2_"), std::string::npos);
  reopen();
  EXPECT_EQ(tenant_->catalog()->plugin("hr"), nullptr);
}

TEST_F(Migration, refuses_to_add_to_what_is_not_public_or_not_there) {
  install(lab({part({named()})}, "1.0.0"));
  Entity extension{.plugin = "hr", .name = "part"};
  extension.extends = "lab";
  extension.fields = {field("rank", FieldType::integer)};
  auto hr = lab({extension}, "1.0.0");
  hr.id = "hr";
  auto done = run(tenant_->install(hr, testing::soon()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "schema.extends");
  hr.entities[0].name = "nothing";
  done = run(tenant_->install(hr, testing::soon()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "schema.extends");
}

TEST_F(Migration, makes_a_table_of_a_many_to_many_relation) {
  Entity tag{.plugin = "lab", .name = "tag"};
  tag.fields = {named()};
  auto owner = part({named()});
  owner.relations = {{.name = "tags",
                      .kind = RelationKind::many_to_many,
                      .display_name = {},
                      .ref_plugin = {},
                      .ref_entity = "tag",
                      .ref_field = {},
                      .required = false,
                      .on_delete = OnDelete::restrict}};
  install(lab({owner, tag}, "1.0.0"));
  const auto* link = tenant_->catalog()->find("lab", "part_tags");
  ASSERT_NE(link, nullptr);
  EXPECT_TRUE(link->find("source"));
  EXPECT_TRUE(link->find("target"));
  EXPECT_EQ(tenant_->catalog()->find("lab", "tag")->incoming().size(), 1U);
}

TEST_F(Migration, refuses_a_table_that_was_changed_from_outside) {
  install(lab({part({named()})}, "1.0.0"));
  auto lease = run(tenant_->database().lease(testing::soon()));
  ASSERT_TRUE(lease->session().script("ALTER TABLE x1_part ADD COLUMN sly TEXT"));
  ASSERT_TRUE(run(lease->commit()));
  *lease = storage::Lease();
  tenant_.reset();
  tenants_.close();
  const auto opened = tenants_.open("acme");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason(), "schema.fingerprint");
  EXPECT_NE(opened.error().message().find("x1_part"), std::string::npos);
}

TEST_F(Migration, takes_early_steps_back_when_the_last_fails) {
  install(lab({part({named()})}, "1.0.0"));
  fill({R"({"name":"a"})"});
  const auto before = state();
  const Backfill broken{
      .steps = 1,
      .run = [](storage::Session&, std::uint32_t, std::string_view,
                std::optional<Timestamp> since) -> Result<std::optional<std::string>> {
        if (since) return fail(ErrorCode::internal, "planted");
        return std::nullopt;
      }};
  const auto plan = run(tenant_->upgrade(lab({part({named(), named("more")})}, "2.0.0"), kNone,
                                         broken, testing::soon()));
  ASSERT_FALSE(plan);
  EXPECT_EQ(state(), before);
  reopen();
  EXPECT_EQ(state(), before);
}

}  // namespace
}  // namespace tenon::data
