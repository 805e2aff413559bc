// Which rows a viewer may change of those it sees, and rows that get another owner.
#include <array>

#include "data/act.h"
#include "data/dialect.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

const UserId kAnna{Uuid{{1}}};
const UserId kBert{Uuid{{2}}};
const DepartmentId kNorth{Uuid{{11}}};
const DepartmentId kSouth{Uuid{{12}}};

class HandOverTest : public testing::TenantTest {
 protected:
  static Viewer viewer(UserId user, DepartmentId department, Scope change,
                       std::vector<DepartmentId> tree = {}) {
    Viewer made{
        .user = user, .department = department, .departments = std::move(tree), .rights = nullptr};
    made.rights = std::make_shared<RightsTable>(
        std::map<std::string, Access, std::less<>>{},
        Access{.scope = Scope::all, .hidden = {}, .locked = {}, .change = change});
    return made;
  }
  RecordId made_by(const Viewer& by, std::string name) {
    auto made = within(
        [&](UnitOfWork& unit) {
          return unit.insert(entity("customer"), json::object{{"name", name}});
        },
        {.plugin = "crm"}, by);
    EXPECT_TRUE(made) << made.error().for_log();
    return made->id;
  }
  std::string changed(const Viewer& by, RecordId id) {
    auto done = within(
        [&](UnitOfWork& unit) {
          return unit.update(entity("customer"), id, json::object{{"city", "x"}}, std::nullopt);
        },
        {.plugin = "crm"}, by);
    return done ? "changed" : done.error().reason();
  }
  std::string erased(const Viewer& by, RecordId id) {
    auto done =
        within([&](UnitOfWork& unit) { return unit.erase(entity("customer"), id, std::nullopt); },
               {.plugin = "crm"}, by);
    return done ? "erased" : done.error().reason();
  }
  std::string owner_of(RecordId id) {
    auto record = tenant_->get(entity("customer"), id, {});
    EXPECT_TRUE(record) << record.error().for_log();
    return std::string(json::parse_object(record->json)->at("owner").as_string());
  }
};

TEST_F(HandOverTest, who_sees_all_rows_changes_those_of_the_scope_only) {
  const auto all = viewer(kAnna, kNorth, Scope::all);
  const auto own = made_by(all, "own");
  const auto other = made_by(viewer(kBert, kNorth, Scope::all), "of a colleague");
  const auto far = made_by(viewer(kBert, kSouth, Scope::all), "of another department");
  EXPECT_EQ(changed(viewer(kAnna, kNorth, Scope::self), own), "changed");
  EXPECT_EQ(changed(viewer(kAnna, kNorth, Scope::self), other), "data.scope");
  EXPECT_EQ(changed(viewer(kAnna, kNorth, Scope::department), other), "changed");
  EXPECT_EQ(changed(viewer(kAnna, kNorth, Scope::department), far), "data.scope");
  EXPECT_EQ(changed(viewer(kAnna, kNorth, Scope::department_tree, {kNorth, kSouth}), far),
            "changed");
  EXPECT_EQ(changed(viewer(kAnna, kNorth, Scope::department_tree, {kNorth}), far), "data.scope");
  EXPECT_EQ(changed(viewer(kAnna, kNorth, Scope::none), own), "data.scope");
  EXPECT_EQ(erased(viewer(kAnna, kNorth, Scope::self), other), "data.scope");
  EXPECT_EQ(erased(viewer(kAnna, kNorth, Scope::self), own), "erased");
}

TEST_F(HandOverTest, a_filtered_change_that_meets_a_row_outside_the_scope_changes_none) {
  const auto self = viewer(kAnna, kNorth, Scope::self);
  const auto own = made_by(self, "own");
  made_by(viewer(kBert, kNorth, Scope::self), "of a colleague");
  auto query = parse_query(entity("customer"), *split_query("name=neq.nobody"));
  auto done = within(
      [&](UnitOfWork& unit) {
        return unit.update_where(entity("customer"), *query, json::object{{"city", "x"}}, 10);
      },
      {.plugin = "crm"}, self);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "data.scope");
  EXPECT_EQ(tenant_->get(entity("customer"), own, {})->version, 1U);
}

TEST_F(HandOverTest, rows_get_another_owner_in_bounded_pieces_with_event_and_audit) {
  const auto anna = viewer(kAnna, kNorth, Scope::all);
  std::vector<RecordId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(made_by(anna, "a" + std::to_string(i)));
  const auto other = made_by(viewer(kBert, kNorth, Scope::all), "of another");
  const auto piece = [&] {
    return within(
        [&](UnitOfWork& unit) { return unit.hand_over(entity("customer"), kAnna, kBert, 3); }, {},
        anna);
  };
  EXPECT_EQ(*piece(), 3U);
  EXPECT_EQ(*piece(), 2U);
  EXPECT_EQ(*piece(), 0U);
  for (const auto id : ids) {
    EXPECT_EQ(owner_of(id), kBert.to_string());
    EXPECT_EQ(tenant_->get(entity("customer"), id, {})->version, 2U);
  }
  EXPECT_EQ(tenant_->get(entity("customer"), other, {})->version, 1U);
  auto history = tenant_->history(entity("customer"), ids[0], {}, {}, testing::soon());
  ASSERT_TRUE(history) << history.error().for_log();
  EXPECT_NE(history->json.find("owner"), std::string::npos) << history->json;
}

constexpr std::array<NativeScript, 2> kScripts{{
    {.number = 1,
     .name = "tables",
     .sqlite = "CREATE TABLE native_thing(id BLOB PRIMARY KEY, n INTEGER NOT NULL) STRICT; "
               "CREATE INDEX native_thing_n ON native_thing(n)",
     .postgres = "CREATE TABLE native_thing(id UUID PRIMARY KEY, n BIGINT NOT NULL); "
                 "CREATE INDEX native_thing_n ON native_thing(n)"},
    {.number = 2,
     .name = "more",
     .sqlite = "ALTER TABLE native_thing ADD COLUMN note TEXT",
     .postgres = "ALTER TABLE native_thing ADD COLUMN note TEXT"},
}};

TEST_F(HandOverTest, tables_of_native_modules_are_there_when_a_tenant_is_opened) {
  const auto open = [&](std::size_t scripts, bool make) {
    Tenants tenants(
        directory_.path() + "/other", pool_, clock_, random_,
        {.storage = {},
         .files = {},
         .servers = nullptr,
         .native = {{.name = "things", .scripts = std::span(kScripts).first(scripts)}}});
    auto tenant = make ? tenants.create("native", database_.empty() ? "" : database_)
                       : tenants.open("native");
    if (!tenant) return tenant.error().reason();
    auto reader = (*tenant)->database().reader();
    std::string names;
    auto read = reader->session().query(
        scripts == 1 ? "SELECT id, n FROM native_thing" : "SELECT id, n, note FROM native_thing",
        {}, [](const storage::Row&) { return storage::Visit::more; });
    return read ? std::string("there") : read.error().reason();
  };
  EXPECT_EQ(open(1, true), "there");
  EXPECT_EQ(open(2, false), "there");
  EXPECT_EQ(open(1, false), "schema.script_unknown") << "a newer program was here";
}

}  // namespace
}  // namespace tenon::data
