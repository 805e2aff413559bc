#include "identity/rights.h"

#include "identity/departments.h"
#include "identity/test_fixture.h"
#include "identity/plan.h"

namespace tenon::identity {
namespace {

using data::Scope;

class RightsTest : public testing::IdentityTest {
 protected:
  DepartmentId add_department(std::string name, std::optional<DepartmentId> parent = {}) {
    auto id = change([&](Change& change) {
      return create_department(change, {.name = name, .parent = parent});
    });
    EXPECT_TRUE(id) << id.error().for_log();
    return id.value_or(DepartmentId{});
  }
  std::string put(DepartmentId id, std::string name, std::optional<DepartmentId> parent,
                  Actor actor = {}) {
    auto done = change(
        [&](Change& change) {
          return change_department(change, id, {.name = name, .parent = parent}, {});
        },
        std::move(actor));
    return done ? "good" : done.error().reason();
  }
};

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += name + " ";
  return text;
}

TEST_P(RightsTest, of_several_roles_are_the_widest) {
  const auto own =
      add_role("own", {{"crm.customer.list", Scope::self}, {"crm.customer.manage", Scope::self}});
  const auto department = add_role("department", {{"crm.customer.list", Scope::department_tree}});
  const auto anna = principal(add_user("anna", {own, department}));
  EXPECT_FALSE(anna->administrator);
  EXPECT_EQ(anna->entities.at("crm.customer").scope, Scope::department_tree);
  EXPECT_EQ(anna->entities.at("crm.customer").change, Scope::self);
  EXPECT_EQ(anna->scope_of("crm.customer.manage"), Scope::self);
  EXPECT_FALSE(anna->has("crm.contact.list"));
  EXPECT_FALSE(anna->entities.contains("crm.contact"));
}

TEST_P(RightsTest, close_a_column_only_when_every_role_that_opens_the_entity_does) {
  const std::vector<Grant> both{{"crm.customer.list", Scope::all},
                                {"crm.customer.manage", Scope::all}};
  const auto shy = add_role("shy", both,
                            {{"crm.customer", "credit", false},
                             {"crm.customer", "notes", false},
                             {"crm.customer", "city", true}});
  const auto half =
      add_role("half", {{"crm.customer.list", Scope::self}}, {{"crm.customer", "credit", false}});
  const auto elsewhere = add_role("elsewhere", {{"crm.contact.list", Scope::all}});
  const auto alone = principal(add_user("alone", {shy}))->entities.at("crm.customer");
  EXPECT_EQ(list(alone.hidden), "credit notes ");
  EXPECT_EQ(list(alone.locked), "city credit notes ");
  const auto two = principal(add_user("two", {shy, half}))->entities.at("crm.customer");
  EXPECT_EQ(list(two.hidden), "credit ") << "one role opens the notes";
  EXPECT_EQ(list(two.locked), "city credit notes ") << "only one role lets change anything";
  const auto other = principal(add_user("other", {shy, elsewhere}))->entities.at("crm.customer");
  EXPECT_EQ(list(other.hidden), "credit notes ") << "a role for something else opens nothing here";
}

TEST_P(RightsTest, an_administrator_holds_all_and_a_deactivated_user_none) {
  const auto root = add_administrator("root");
  add_administrator("second");
  EXPECT_TRUE(principal(root)->has("what.ever"));
  EXPECT_EQ(principal(root)->scope_of("what.ever"), Scope::all);
  ASSERT_TRUE(change([&](Change& change) { return deactivate_user(change, root, {}); }));
  EXPECT_EQ(principal(root), nullptr);
}

TEST_P(RightsTest, know_the_department_of_a_user_and_all_below_it) {
  const auto company = add_department("company");
  const auto north = add_department("north", company);
  const auto city = add_department("city", north);
  const auto south = add_department("south", company);
  const auto anna = principal(add_user("anna", {}, north));
  EXPECT_EQ(anna->department, north);
  std::vector<DepartmentId> tree{north, city};
  std::ranges::sort(tree);
  EXPECT_EQ(anna->departments, tree);
  EXPECT_EQ(principal(add_user("boss", {}, company))->departments.size(), 4U);
  EXPECT_EQ(principal(add_user("free"))->departments.size(), 0U);
  EXPECT_EQ(put(city, "city", south), "good");
  EXPECT_EQ(principal(anna->user)->departments.size(), 1U);
}

TEST_P(RightsTest, departments_lie_in_a_tree_of_sixteen_levels) {
  const auto company = add_department("company");
  const auto north = add_department("north", company);
  const auto city = add_department("city", north);
  EXPECT_EQ(put(company, "company", city), "department.cycle");
  EXPECT_EQ(put(north, "north", north), "department.cycle");
  EXPECT_EQ(put(north, "north", DepartmentId{Uuid{{9}}}), "schema.fields");
  EXPECT_EQ(put(city, "NORTH", company), "department.exists");
  auto deepest = city;
  for (std::size_t level = 3; level < kDepartmentDepth; ++level)
    deepest = add_department("level", deepest);
  const auto over = change([&](Change& change) {
    return create_department(change, {.name = "over", .parent = deepest});
  });
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().reason(), "department.depth");
  const auto aside = add_department("aside");
  EXPECT_EQ(put(company, "company", aside), "department.depth") << "what hangs on it counts";
}

TEST_P(RightsTest, a_department_in_use_stays) {
  const auto company = add_department("company");
  const auto north = add_department("north", company);
  const auto erase = [&](DepartmentId id) {
    auto done = change([&](Change& change) { return delete_department(change, id); });
    return done ? std::string("gone") : done.error().reason();
  };
  const auto anna = add_user("anna", {}, north);
  EXPECT_EQ(erase(company), "department.in_use");
  EXPECT_EQ(erase(north), "department.in_use");
  ASSERT_TRUE(change([&](Change& change) {
    return change_user(change, anna, {.department = std::optional<DepartmentId>()});
  }));
  EXPECT_EQ(erase(north), "gone");
  EXPECT_EQ(erase(north), "department.unknown");
  EXPECT_EQ(erase(company), "gone");
}

TEST_P(RightsTest, departments_are_bounded_by_the_plan) {
  ASSERT_TRUE(change([](Change& change) {
    return set_plan(change, {.name = "small", .limits = {{PlanLimit::departments, 1}}});
  }));
  add_department("one");
  const auto second = change(
      [](Change& change) { return create_department(change, {.name = "two", .parent = {}}); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "plan.departments");
}

TEST_P(RightsTest, nobody_widens_a_scope_by_moving_what_it_is_counted_from) {
  const auto company = add_department("company");
  const auto north = add_department("north", company);
  const auto city = add_department("city", north);
  const auto south = add_department("south", company);
  const auto role = add_role("head", {{"tenon.users.manage", Scope::all},
                                      {"tenon.departments.manage", Scope::all},
                                      {"crm.customer.list", Scope::department_tree}});
  const auto head = as(add_user("head", {role}, north));
  EXPECT_EQ(put(south, "south", north, head), "department.escalation");
  EXPECT_EQ(put(north, "north", south, head), "department.escalation");
  EXPECT_EQ(put(city, "town", north, head), "good");
  const auto move = [&](std::optional<DepartmentId> to) {
    auto done = change(
        [&](Change& change) {
          return change_user(change, head.principal->user, {.department = to});
        },
        head);
    return done ? std::string("good") : done.error().reason();
  };
  EXPECT_EQ(move(company), "department.escalation");
  EXPECT_EQ(move(south), "department.escalation");
  EXPECT_EQ(move(city), "good");
}

TEST_P(RightsTest, nobody_gives_by_a_role_what_he_has_not) {
  const auto manage = add_role("roles",
                               {{"tenon.roles.manage", Scope::all},
                                {"crm.customer.list", Scope::department},
                                {"crm.contact.list", Scope::all}},
                               {{"crm.contact", "phone", false}});
  const auto above = add_role("above", {{"crm.customer.list", Scope::all}});
  const auto actor = as(add_user("manager", {manage}));
  const auto make = [&](std::vector<Grant> grants) {
    auto done = change(
        [&](Change& change) {
          return create_role(change, {.name = "new " + std::to_string(grants.size()),
                                      .description = "",
                                      .grants = grants,
                                      .columns = {}});
        },
        actor);
    return done ? std::string("good") : done.error().reason();
  };
  EXPECT_EQ(make({{"crm.customer.list", Scope::department}}), "good");
  EXPECT_EQ(make({{"crm.customer.list", Scope::department_tree}}), "role.escalation");
  EXPECT_EQ(make({{"crm.customer.manage", Scope::self}}), "role.escalation");
  EXPECT_EQ(make({{"crm.contact.list", Scope::self}}), "role.escalation")
      << "a column of it is hidden from the giver";
  const auto change_above = change(
      [&](Change& change) {
        return change_role(change, above,
                           {.name = "above", .description = "", .grants = {}, .columns = {}}, {});
      },
      actor);
  EXPECT_EQ(change_above.error().reason(), "role.escalation");
  const auto built_in =
      change([](Change& change) { return delete_role(change, kAdministratorRole); });
  EXPECT_EQ(built_in.error().reason(), "role.built_in");
}

TEST_P(RightsTest, roles_are_bounded_and_have_names_of_their_own) {
  add_role("Sales", {});
  const auto make = [&](RoleContent role) {
    auto done = change([&](Change& change) { return create_role(change, role); });
    return done ? std::string("good") : done.error().reason();
  };
  EXPECT_EQ(make({.name = "SALES", .description = "", .grants = {}, .columns = {}}), "role.exists");
  EXPECT_EQ(make({.name = "Administrator", .description = "", .grants = {}, .columns = {}}),
            "schema.fields");
  std::vector<Grant> grants;
  for (std::size_t i = 0; i <= kGrantsOfRole; ++i)
    grants.push_back({"a.b" + std::to_string(i), Scope::all});
  EXPECT_EQ(make({.name = "much", .description = "", .grants = grants, .columns = {}}),
            "schema.fields");
  grants.pop_back();
  EXPECT_EQ(make({.name = "much", .description = "", .grants = grants, .columns = {}}), "good");
  for (std::size_t i = 2; i < kRoles; ++i)
    ASSERT_EQ(
        make({.name = "r" + std::to_string(i), .description = "", .grants = {}, .columns = {}}),
        "good");
  EXPECT_EQ(make({.name = "over", .description = "", .grants = {}, .columns = {}}), "role.limit");
}

TENON_ON_BOTH(RightsTest);

}  // namespace
}  // namespace tenon::identity
