#include "data/query.h"

#include <gtest/gtest.h>

#include "data/planner.h"
#include "data/reader.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

class QueryTest : public testing::TenantTest {
 protected:
  void SetUp() override {
    TenantTest::SetUp();
    for (
        const auto* row :
        {R"j({"name":"Anna","city":"北京","credit":"10","active":true,"level":"A","visits":1})j",
         R"j({"name":"bob","city":"上海","credit":"20.50","active":false,"level":"B","visits":2})j",
         R"j({"name":"Çelik","city":"上海","credit":"30","level":"A"})j",
         R"j({"name":"达明","city":null,"credit":null,"active":true,"visits":4})j",
         R"j({"name":"a,b\"(c)","city":"广州","credit":"5"})j"})
      ASSERT_TRUE(insert("customer", row));
  }

  std::string why(std::string_view query) {
    auto page = list("customer", query);
    if (page) return "ok";
    std::string text;
    for (const auto& field : page.error().fields()) text += field.path + ":" + field.code + " ";
    return text;
  }
};

TEST_F(QueryTest, filters_with_every_operator) {
  EXPECT_EQ(names("order=name&name=eq.bob"), "bob");
  EXPECT_EQ(names("order=name&credit=gt.10"), "bob,Çelik");
  EXPECT_EQ(names("order=name&credit=gte.10.00&credit=lt.30"), "Anna,bob");
  EXPECT_EQ(names("order=name&credit=lte.10"), "Anna,a,b\"(c)");
  EXPECT_EQ(names("order=name&city=neq.上海"), "Anna,a,b\"(c)")
      << "NULL is neither equal nor unequal";
  EXPECT_EQ(names("order=name&name=in.(bob,达明,\"a,b\\\"(c)\")"), "a,b\"(c),bob,达明");
  EXPECT_EQ(names("order=name&name=in.()"), "");
  EXPECT_EQ(names("order=name&name=like.*o*"), "bob");
  EXPECT_EQ(names("order=name&name=like.a%25"), "a,b\"(c)") << "like minds the case";
  EXPECT_EQ(names("order=name&name=ilike.a*"), "Anna,a,b\"(c)");
  EXPECT_EQ(names("order=name&name=ilike.çELIK"), "Çelik");
  EXPECT_EQ(names("order=name&city=ilike.*京*"), "Anna") << "without a folded shadow";
  EXPECT_EQ(names("order=name&city=is.null"), "达明");
  EXPECT_EQ(names("order=name&city=not.is.null&active=is.true"), "Anna");
  EXPECT_EQ(names("order=name&active=is.false"), "bob");
  EXPECT_EQ(names("order=name&name=not.eq.bob&city=eq.上海"), "Çelik");
  EXPECT_EQ(names("order=name&or=(level.eq.B,visits.eq.4)"), "bob,达明");
  EXPECT_EQ(
      names("order=name&or=(and(level.eq.A,city.eq.北京),not.or(level.eq.A,city.not.eq.广州))"),
      "Anna");
  EXPECT_EQ(names("order=name&not.and=(credit.gte.10,credit.lte.20.5)"), "a,b\"(c),Çelik");
  EXPECT_EQ(names("order=name&or=(name.eq.\"a,b\\\"(c)\",name.eq.bob)"), "a,b\"(c),bob");
}

TEST_F(QueryTest, puts_null_where_postgresql_does) {
  EXPECT_EQ(names("order=credit"), "a,b\"(c),Anna,bob,Çelik,达明");
  EXPECT_EQ(names("order=credit.desc"), "达明,Çelik,bob,Anna,a,b\"(c)");
  EXPECT_EQ(names("order=credit.desc.nullslast"), "Çelik,bob,Anna,a,b\"(c),达明");
  EXPECT_EQ(names("order=credit.asc.nullsfirst"), "达明,a,b\"(c),Anna,bob,Çelik");
  EXPECT_EQ(names("order=credit.desc&offset=1&limit=2"), "Çelik,bob");
}

TEST_F(QueryTest, walks_all_rows_once_by_cursor_whatever_the_order) {
  for (const std::string& order :
       {"order=credit", "order=credit.desc", "order=credit.desc.nullslast",
        "order=credit.nullsfirst", "order=id", "order=id.desc", "order=city,credit.desc",
        "order=city.desc,level.nullsfirst,name", "order=visits.nullsfirst",
        "order=active.desc,credit", ""}) {
    const auto whole = names(order);
    for (const int limit : {1, 2, 3}) {
      std::string walked;
      std::optional<std::string> after;
      for (int pages = 0; pages < 7; ++pages) {
        auto page = list("customer", order + "&select=name&limit=" + std::to_string(limit) +
                                         (after ? "&after=" + *after : ""));
        ASSERT_TRUE(page) << page.error().for_log();
        const auto parsed = json::parse(page->json);
        for (const auto& row : parsed->as_array())
          walked += (walked.empty() ? "" : ",") + std::string(row.at("name").as_string());
        after = page->next;
        if (!after) break;
      }
      EXPECT_EQ(walked, whole) << order << " by " << limit;
      EXPECT_FALSE(after);
    }
  }
}

TEST_F(QueryTest, refuses_a_cursor_of_another_question_or_a_changed_one) {
  auto page = list("customer", "order=name&limit=1");
  ASSERT_TRUE(page && page->next);
  EXPECT_EQ(why("order=name&limit=2&after=" + *page->next), "ok");
  EXPECT_EQ(why("order=name.desc&after=" + *page->next), "/query/after:cursor ");
  EXPECT_EQ(why("order=name&city=eq.x&after=" + *page->next), "/query/after:cursor ");
  auto changed = *page->next;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(why("order=name&after=" + changed), "/query/after:cursor ");
  EXPECT_EQ(why("order=name&after=!"), "/query/after:cursor ");
  EXPECT_EQ(why("order=name&after="), "/query/after:cursor ");
}

TEST_F(QueryTest, selects_and_renames_columns) {
  auto page = list("customer", "select=who:name,city&name=eq.bob");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->json, R"([{"who":"bob","city":"上海"}])");
}

TEST_F(QueryTest, counts_exactly_or_up_to_the_cap) {
  auto exact = list("customer", "limit=2", Count::exact);
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->total, 5U);
  EXPECT_FALSE(exact->capped);
  ASSERT_TRUE(insert_many("customer", 1000, [](int) { return json::object{{"name", "n"}}; }));
  auto capped = list("customer", "limit=1", Count::planned);
  ASSERT_TRUE(capped);
  EXPECT_EQ(capped->total, 1000U);
  EXPECT_TRUE(capped->capped);
  EXPECT_EQ(list("customer", "limit=0", Count::exact)->total, 1005U);
}

TEST_F(QueryTest, names_each_wrong_parameter_and_its_reason) {
  EXPECT_EQ(why("nam=eq.1"), "/query/nam:unknown ");
  EXPECT_NE(list("customer", "nam=eq.1").error().message().find("Did you mean \"name\"?"),
            std::string::npos);
  EXPECT_EQ(why("name=equals.1"), "/query/name:operator ");
  EXPECT_EQ(why("name=bob"), "/query/name:operator ");
  EXPECT_EQ(why("credit=gt.x&limit=-1&order=name.down"),
            "/query/credit:type /query/limit:type /query/order:syntax ");
  EXPECT_EQ(why("credit=eq.1.005"), "/query/credit:scale ");
  EXPECT_EQ(why("limit=1001"), "/query/limit:limit ");
  EXPECT_EQ(why("offset=100001"), "/query/offset:limit ");
  EXPECT_EQ(why("limit=1&limit=2"), "/query/limit:syntax ");
  EXPECT_EQ(why("select=name,contact(phone)"), "/query/select:unknown ") << "without a catalog";
  EXPECT_EQ(why("select=name,name"), "/query/select:syntax ");
  EXPECT_EQ(why("select=name::xml"), "/query/select:unsupported ");
  EXPECT_EQ(why("select=b\"c\\(),level,c\"\\its.avg()"), "/query/select:syntax ")
      << "quotes that close in the whole and not before the parenthesis";
  EXPECT_EQ(why("order=extra"), "/query/order:unsupported ");
  EXPECT_EQ(why("extra=eq.1"), "/query/extra:operator ");
  EXPECT_EQ(why("active=is.maybe"), "/query/active:operand ");
  EXPECT_EQ(why("name=is.true"), "/query/name:operand ");
  EXPECT_EQ(why("visits=like.1*"), "/query/visits:operator ");
  EXPECT_EQ(why("name=like.a\\"), "/query/name:operand ");
  EXPECT_EQ(why("name=in.(a"), "/query/name:syntax ");
  EXPECT_EQ(why("or=(name.eq.a"), "/query/or:syntax ");
  EXPECT_EQ(why("or=()"), "/query/or:syntax ");
  EXPECT_EQ(why("or=(name)"), "/query/or:syntax ");
  EXPECT_EQ(why("contact.phone=eq.1"), "/query/contact.phone:unknown ");
  EXPECT_EQ(why("deleted_at=is.null"), "/query/deleted_at:unknown ")
      << "the trash is not for queries";
  EXPECT_EQ(why("rid=eq.1"), "/query/rid:unknown ");
}

TEST_F(QueryTest, bounds_conditions_nesting_and_lists) {
  std::string many;
  for (int i = 0; i < 51; ++i) many += "&visits=eq.1";
  EXPECT_EQ(why(many.substr(1)), "/query/visits:limit ");
  std::string deep = "visits.eq.1";
  for (int i = 0; i < 7; ++i) deep.insert(0, "and(").append(")");
  EXPECT_EQ(why("and=(" + deep + ")"), "ok");
  EXPECT_EQ(why("and=(and(" + deep + "))"), "/query/and:limit ");
  std::string list_text = "1";
  for (int i = 0; i < 100; ++i) list_text += ",1";
  EXPECT_EQ(why("visits=in.(" + list_text + ")"), "/query/visits:limit ");
  EXPECT_EQ(why("name=like." + std::string(1001, 'a')), "/query/name:operand ");
}

TEST_F(QueryTest, lets_no_text_of_a_client_reach_sql) {
  for (const std::string& line :
       {"'; DROP TABLE x1_customer; --", "\" OR 1=1 --", "1) OR (1=1", "a' OR 'a'='a", "?1",
        "\\'; DELETE FROM audit; --", "/**/UNION/**/SELECT/**/1", "%00", "name\" desc"}) {
    std::string encoded;
    for (const char c : line) {
      char buffer[4];
      std::snprintf(buffer, sizeof buffer, "%%%02X", static_cast<unsigned char>(c));
      encoded += buffer;
    }
    for (const std::string& query :
         {"name=eq." + encoded, "name=like." + encoded, "name=ilike." + encoded,
          "name=in.(" + encoded + ")", encoded + "=eq.1", "order=" + encoded, "select=" + encoded,
          "select=" + encoded + ":name", "limit=" + encoded, "offset=" + encoded,
          "after=" + encoded, "or=(" + encoded + ")", "or=(name.eq." + encoded + ")",
          "or=(" + encoded + ".eq.1)", "name=" + encoded + ".1", "visits=eq." + encoded,
          "order=name." + encoded}) {
      auto page = list("customer", query);
      if (page)
        EXPECT_EQ(page->json, "[]") << query;
      else
        EXPECT_EQ(page.error().code(), ErrorCode::invalid) << query << page.error().for_log();
    }
    auto stored =
        insert("customer", json::serialize(json::object{{"name", line}, {"notes", line}}));
    ASSERT_TRUE(stored);
    const auto row = json::parse_object(stored->json);
    EXPECT_EQ(row->at("name").as_string(), line);
    ASSERT_TRUE(
        within([&](UnitOfWork& unit) { return unit.erase(entity("customer"), stored->id, 1); }));
  }
  EXPECT_EQ(list("customer", "", Count::exact)->total, 5U);
}

TEST_F(QueryTest, uses_an_index_for_filter_order_and_resumption) {
  grow_customers(5000);
  const auto explain = [&](std::string_view text) {
    auto query = *parse_query(entity("customer"), *split_query(text));
    auto reader = *tenant_->database().reader();
    auto key = std::string();
    EXPECT_TRUE(reader.session().query("SELECT value FROM meta WHERE key = 'cursor_key'", {},
                                       [&](const storage::Row& row) {
                                         const auto blob = row.blob(0);
                                         key.assign(blob.begin(), blob.end());
                                         return storage::Visit::more;
                                       }));
    const Viewer everybody;
    auto plan =
        plan_list(Sight(entity("customer"), everybody), query,
                  {.viewer = everybody, .dialect = reader.session().dialect(), .cursor_key = key});
    EXPECT_TRUE(plan);
    Explained all{.indexed = true, .sought = true};
    for (auto& leg : plan->legs) {
      leg.values.back() = std::int64_t{20};
      const auto one = explained(reader.session(), leg.sql, views(leg.values));
      all.steps += one.steps;
      all.indexed = all.indexed && one.indexed;
      all.sorted = all.sorted || one.sorted;
      all.sought = all.sought && one.sought;
    }
    return all;
  };
  for (const std::string& query :
       {"city=eq.上海", "city=eq.上海&level=eq.A", "order=name&limit=20", "order=name.desc",
        "order=city&limit=20", "order=credit.desc.nullslast", "name=like.A*&order=name",
        "city=eq.上海&order=id", "code=eq.AB123456"}) {
    const auto plan = explain(query);
    EXPECT_TRUE(plan.indexed) << query << ": " << plan.steps;
    // PostgreSQL may sort the few that an index finds.
    const bool few = tenon::testing::on_postgres() && query.find('=') < query.find("order");
    EXPECT_FALSE(plan.sorted && !few) << query << ": " << plan.steps;
  }
  for (const std::string& order : {"order=name", "order=city", "order=credit.desc.nullslast"}) {
    auto page = list("customer", order + "&limit=1");
    ASSERT_TRUE(page && page->next);
    const auto plan = explain(order + "&limit=1&after=" + *page->next);
    EXPECT_FALSE(plan.sorted) << plan.steps;
    EXPECT_TRUE(plan.sought) << "a cursor seeks: " << plan.steps;
  }
}

}  // namespace
}  // namespace tenon::data
