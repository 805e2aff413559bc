// What PostgREST's dialect has beyond plain filters: lists of operands, searches with operators,
// orders and conditions on related records, casts, spreads, counts of what is related.
#include <gtest/gtest.h>

#include "data/test_fixture.h"

namespace tenon::data {
namespace {

class DialectTest : public testing::TenantTest {
 protected:
  void SetUp() override {
    TenantTest::SetUp();
    const auto made = insert("company", R"({"name":"Wood"})");
    const auto other = insert("company", R"({"name":"Iron"})");
    ASSERT_TRUE(made && other);
    const auto at = [](const Result<Record>& company) {
      return ",\"employer\":\"" + company->id.to_string() + "\"}";
    };
    put(R"({"name":"Anna Berg","city":"北京","credit":"10.50","active":true,"visits":1,)"
        R"("seen":"2026-01-02T03:04:05Z","tags":["vip"])" +
            at(made),
        2);
    put(R"({"name":"Bob Berg","city":"上海","credit":"20","active":false,"visits":2)" + at(other),
        1);
    put(R"({"name":"Carl Stone","city":"广州","credit":null,"visits":3})", 0);
  }

  void put(const std::string& fields, int contacts) {
    auto customer = insert("customer", fields);
    ASSERT_TRUE(customer) << customer.error().for_log();
    for (int i = 1; i <= contacts; ++i)
      ASSERT_TRUE(insert("contact", R"({"phone":")" + std::to_string(i) + R"(","customer":")" +
                                        customer->id.to_string() + "\"}"));
  }

  std::string answer(std::string_view query, const Viewer& viewer = {}) {
    auto parameters = split_query(query);
    const auto catalog = tenant_->catalog();
    const auto& customer = *catalog->find("crm", "customer");
    auto parsed = parse_query(customer, *parameters, viewer, catalog);
    if (!parsed) {
      std::string text;
      for (const auto& field : parsed.error().fields()) text += field.path + ":" + field.code + " ";
      return text;
    }
    auto page = tenant_->list(customer, *parsed, viewer, testing::soon());
    return page ? page->json : page.error().reason();
  }
  std::string found(std::string_view query) { return names(std::string(query) + "&order=name"); }
};

TEST_F(DialectTest, an_operator_takes_a_list_of_which_any_or_all_hold) {
  EXPECT_EQ(found("name=like(any).{Anna*,Carl*}"), "Anna Berg,Carl Stone");
  EXPECT_EQ(found("name=ilike(all).{*berg,*BOB*}"), "Bob Berg");
  EXPECT_EQ(found("visits=eq(any).{1,3}"), "Anna Berg,Carl Stone");
  EXPECT_EQ(found("visits=gt(all).{0,1}"), "Bob Berg,Carl Stone");
  EXPECT_EQ(found("name=not.like(any).{Anna*,\"Carl S*\"}"), "Bob Berg");
  EXPECT_EQ(found("or=(visits.eq(any).{1,2},name.eq.nobody)"), "Anna Berg,Bob Berg");
  EXPECT_EQ(found("or=(tags.cs.{vip},visits.eq.3)"), "Anna Berg,Carl Stone");
  EXPECT_EQ(answer("visits=in(any).{1}"), "/query/visits:operator ");
  EXPECT_EQ(answer("visits=eq(some).{1}"), "/query/visits:operator ");
  EXPECT_EQ(answer("visits=eq(any).1"), "/query/visits:syntax ");
  EXPECT_EQ(answer("visits=eq(any).{}"), "/query/visits:operand ");
  EXPECT_EQ(answer("visits=eq(any).{1,x}"), "/query/visits:type ");
}

TEST_F(DialectTest, a_list_is_read_as_clients_write_it) {
  ASSERT_TRUE(insert("customer", R"({"name":"Odd, \"thing\""})"));
  ASSERT_TRUE(insert("customer", R"({"name":"6\" pipe"})"));
  EXPECT_EQ(found(R"(name=in.("Odd, \"thing\"",x))"), "Odd, \"thing\"");
  EXPECT_EQ(found(R"(name=in.(x,"Odd, "thing""))"), "Odd, \"thing\"")
      << "postgrest-js escapes none";
  EXPECT_EQ(found(R"(name=in.(6" pipe,Bob Berg))"), "6\" pipe,Bob Berg");
  EXPECT_EQ(answer(R"(name=in.("x))"), "/query/name:syntax ");
  EXPECT_EQ(answer(R"(name=in.("x\"))"), "/query/name:syntax ");
  EXPECT_EQ(answer(R"(name=in.("x"y,z))"), "/query/name:syntax ");
}

TEST_F(DialectTest, a_column_of_all_gives_way_to_what_is_named) {
  const auto shown = answer("select=*,employer(name)&name=eq.Anna Berg");
  EXPECT_NE(shown.find(R"("employer":{"name":"Wood"})"), std::string::npos) << shown;
  EXPECT_EQ(shown.find(R"("employer":")"), std::string::npos) << shown;
  EXPECT_EQ(answer("select=employer:name,*&name=eq.Anna Berg").find(R"([{"employer":"Anna Berg",)"),
            0U);
  EXPECT_EQ(answer("select=*,city,city"), "/query/select:syntax ");
}

TEST_F(DialectTest, the_conditions_of_a_list_count_like_any_other) {
  std::string list = "visits=eq(any).{1";
  for (int i = 0; i < 50; ++i) list += ",1";
  EXPECT_EQ(answer(list + "}"), "/query/visits:limit ");
}

TEST_F(DialectTest, is_tests_truth_in_three_values) {
  EXPECT_EQ(found("active=is.unknown"), "Carl Stone");
  EXPECT_EQ(found("active=not.is.unknown"), "Anna Berg,Bob Berg");
  EXPECT_EQ(found("active=isdistinct.true"), "Bob Berg,Carl Stone");
  EXPECT_EQ(answer("city=is.unknown"), "/query/city:operand ");
}

TEST_F(DialectTest, searches_with_operators_plainly_by_phrase_and_as_people_write) {
  EXPECT_EQ(found("name=fts.berg"), "Anna Berg,Bob Berg");
  EXPECT_EQ(found("name=fts.ber"), "Anna Berg,Bob Berg") << "the last word may be its beginning";
  EXPECT_EQ(found("name=fts.anna|stone"), "Anna Berg,Carl Stone");
  EXPECT_EQ(found("name=fts(english).berg%26!bob"), "Anna Berg");
  EXPECT_EQ(found("name=fts.(anna | carl) %26 !'stone'"), "Anna Berg");
  EXPECT_EQ(found("name=fts.car:* | ann"), "Carl Stone") << "only :* makes a beginning here";
  EXPECT_EQ(found("name=plfts.ber"), "");
  EXPECT_EQ(found("name=plfts.berg anna"), "Anna Berg");
  EXPECT_EQ(found("name=phfts.anna berg"), "Anna Berg");
  EXPECT_EQ(found("name=phfts.berg anna"), "");
  EXPECT_EQ(found("name=wfts.berg -bob"), "Anna Berg");
  EXPECT_EQ(found("name=wfts.\"anna berg\" or stone"), "Anna Berg,Carl Stone");
  EXPECT_EQ(found("name=not.wfts.berg"), "Carl Stone");
  for (const auto* wrong : {"anna |", "(anna", "anna)", "!", "'anna", "a %26 %26 b"})
    EXPECT_EQ(answer(std::string("name=fts.") + wrong), "/query/name:syntax ") << wrong;
  EXPECT_EQ(answer("name=xfts.anna"), "/query/name:operator ");
  EXPECT_EQ(answer("city=wfts.anna"), "/query/city:operator ");
  EXPECT_EQ(answer("name=fts." + std::string(30, '(') + "a" + std::string(30, ')')),
            "/query/name:limit ");
}

TEST_F(DialectTest, orders_by_a_field_of_the_related_record) {
  const auto by = [&](const std::string& order) {
    return answer("select=name,employer()&order=" + order);
  };
  EXPECT_EQ(by("employer(name),name"),
            R"([{"name":"Bob Berg"},{"name":"Anna Berg"},{"name":"Carl Stone"}])");
  EXPECT_EQ(by("employer(name).desc.nullslast,name"),
            R"([{"name":"Anna Berg"},{"name":"Bob Berg"},{"name":"Carl Stone"}])");
  EXPECT_EQ(by("employer(name).asc.nullsfirst"),
            R"([{"name":"Carl Stone"},{"name":"Bob Berg"},{"name":"Anna Berg"}])");
  EXPECT_EQ(answer("order=employer(name)"), "/query/order:unknown ");
  EXPECT_EQ(answer("select=name,contact(phone)&order=contact(phone)"), "/query/order:unknown ");
  EXPECT_EQ(answer("select=name,employer(name)&order=employer(nothing)"), "/query/order:unknown ");
}

TEST_F(DialectTest, walks_by_cursor_in_the_order_of_a_related_record) {
  const auto catalog = tenant_->catalog();
  const auto& customer = *catalog->find("crm", "customer");
  for (const std::string order :
       {"employer(name)", "employer(name).desc", "employer(name).nullsfirst",
        "employer(name).desc.nullslast,credit"}) {
    const auto text = "select=name,employer(name)&order=" + order;
    std::string walked;
    std::optional<std::string> after;
    for (int pages = 0; pages < 5; ++pages) {
      auto parameters = *split_query(text + "&limit=1" + (after ? "&after=" + *after : ""));
      auto parsed = parse_query(customer, parameters, {}, catalog);
      ASSERT_TRUE(parsed) << parsed.error().for_log();
      auto page = tenant_->list(customer, *parsed, {}, testing::soon());
      ASSERT_TRUE(page) << page.error().for_log();
      walked += page->json;
      after = page->next;
      if (!after) break;
    }
    auto whole = answer(text);
    for (std::size_t at = 0; (at = whole.find("},{\"name\":\"", at)) != std::string::npos;)
      whole.replace(at, 3, "}][{");
    EXPECT_EQ(walked, whole) << order;
  }
}

TEST_F(DialectTest, a_related_record_out_of_sight_orders_like_none) {
  Viewer viewer;
  viewer.rights = std::make_shared<RightsTable>(std::map<std::string, Access, std::less<>>{
      {"crm.customer", {}}, {"crm.company", {.scope = Scope::self, .hidden = {}, .locked = {}}}});
  viewer.user = UserId{};
  EXPECT_EQ(answer("select=name,employer(name)&order=employer(name).desc.nullslast,name", viewer),
            R"([{"name":"Anna Berg","employer":null},{"name":"Bob Berg","employer":null},)"
            R"({"name":"Carl Stone","employer":null}])");
}

TEST_F(DialectTest, asks_whether_there_are_related_records) {
  EXPECT_EQ(answer("select=name,contact(phone)&contact=is.null"),
            R"([{"name":"Carl Stone","contact":[]}])");
  EXPECT_EQ(answer("select=name,contact()&contact=not.is.null&order=name"),
            R"([{"name":"Anna Berg"},{"name":"Bob Berg"}])");
  EXPECT_EQ(answer("select=name,contact!inner()&contact.phone=eq.2"), R"([{"name":"Anna Berg"}])");
  EXPECT_EQ(answer("select=name,contact()&contact.phone=eq.2&contact=is.null&order=name"),
            R"([{"name":"Bob Berg"},{"name":"Carl Stone"}])");
  EXPECT_EQ(answer("select=name,contact(phone)&contact=eq.1"), "/query/contact:operator ");
  EXPECT_EQ(answer("select=name,employer(name)&employer=is.null"),
            R"([{"name":"Carl Stone","employer":null}])")
      << "a field of the same name is tested itself";
}

TEST_F(DialectTest, related_records_are_paged_in_each_record) {
  EXPECT_EQ(answer("select=name,contact(phone)&name=like.Anna*&contact.order=phone"
                   "&contact.limit=1&contact.offset=1"),
            R"([{"name":"Anna Berg","contact":[{"phone":"2"}]}])");
}

TEST_F(DialectTest, counts_related_records_in_each_record) {
  EXPECT_EQ(answer("select=name,contact(count)&order=name"),
            R"([{"name":"Anna Berg","contact":[{"count":2}]},)"
            R"({"name":"Bob Berg","contact":[{"count":1}]},)"
            R"({"name":"Carl Stone","contact":[{"count":0}]}])");
  EXPECT_EQ(
      answer("select=name,n:contact(c:count()::text,phone.max())&contact.phone=neq.2&visits=eq.1"),
      "/query/contact.phone:unknown ");
  EXPECT_EQ(answer("select=name,n:contact(c:count()::text,phone.max())&n.phone=neq.2&visits=eq.1"),
            R"([{"name":"Anna Berg","n":[{"c":"1","max":"1"}]}])");
  EXPECT_EQ(answer("select=count&visits=gt.1"), R"([{"count":2}])");
  EXPECT_EQ(answer("select=name,contact(phone,count())"), "/query/select:unsupported ");
  EXPECT_EQ(answer("select=name,contact(count)&contact.limit=1"),
            "/query/contact.limit:unsupported ");
}

TEST_F(DialectTest, a_single_related_record_spreads_into_its_record) {
  EXPECT_EQ(answer("select=name,...employer(company:name)&order=name"),
            R"([{"name":"Anna Berg","company":"Wood"},{"name":"Bob Berg","company":"Iron"},)"
            R"({"name":"Carl Stone","company":null}])");
  EXPECT_EQ(answer("select=name,...employer(name)"), "/query/select:syntax ") << "twice";
  EXPECT_EQ(answer("select=name,...contact(phone)"), "/query/select:unsupported ");
  EXPECT_EQ(answer("select=name,...employer"), "/query/select:syntax ");
}

TEST_F(DialectTest, values_are_shown_in_another_form) {
  EXPECT_EQ(answer("select=credit::float8,v:visits::text,active::int,seen::date,tags::text,"
                   "name::text&visits=eq.1"),
            R"([{"credit":10.50,"v":"1","active":1,"seen":"2026-01-02","tags":"[\"vip\"]",)"
            R"("name":"Anna Berg"}])");
  EXPECT_EQ(answer("select=credit::numeric,active::int,seen::date&visits=eq.3"),
            R"([{"credit":null,"active":null,"seen":null}])");
  EXPECT_EQ(answer("select=credit.sum()::float8,credit.avg()::numeric,n:count()::text"),
            R"([{"sum":30.50,"avg":15.250000,"n":"3"}])");
  for (const auto* wrong : {"name::int", "credit::int", "visits::date", "credit.avg()::int",
                            "credit::money", "credit::", "employer(name)::text"})
    EXPECT_EQ(answer(std::string("select=") + wrong), "/query/select:unsupported ") << wrong;
}

}  // namespace
}  // namespace tenon::data
