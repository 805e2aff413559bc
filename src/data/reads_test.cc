// Related records, aggregates, search, picker, trash, export and the budget of a question.
#include <gtest/gtest.h>

#include "data/budget.h"
#include "data/reader.h"
#include "data/test_fixture.h"
#include "data/walk.h"

namespace tenon::data {
namespace {

using testing::soon;

class ReadsTest : public testing::TenantTest {
 protected:
  std::shared_ptr<const Catalog> catalog_;

  Result<Page> ask(std::string_view name, std::string_view text, const Viewer& viewer = {},
                   Count count = Count::none) {
    catalog_ = tenant_->catalog();
    const auto& info = *catalog_->find("crm", name);
    auto parameters = split_query(text);
    if (!parameters) return std::unexpected(std::move(parameters.error()));
    auto query = parse_query(info, *parameters, viewer, catalog_);
    if (!query) return std::unexpected(std::move(query.error()));
    query->count = count;
    return tenant_->list(info, *query, viewer, soon());
  }
  std::string answer(std::string_view name, std::string_view text, const Viewer& viewer = {}) {
    auto page = ask(name, text, viewer);
    if (page) return page->json;
    std::string why = page.error().reason();
    for (const auto& field : page.error().fields()) why += " " + field.path + ":" + field.code;
    return why;
  }
  std::string id_of(std::string_view name, std::string_view fields) {
    auto made = insert(name, fields);
    EXPECT_TRUE(made) << made.error().for_log();
    return made ? made->id.to_string() : "";
  }
};

class RelatedTest : public ReadsTest {
 protected:
  std::string acme_, anna_, bob_;
  void SetUp() override {
    ReadsTest::SetUp();
    acme_ = id_of("company", R"({"name":"Acme"})");
    anna_ = id_of("customer", R"({"name":"Anna","employer":")" + acme_ + "\"}");
    bob_ = id_of("customer", R"({"name":"Bob"})");
    for (const auto* phone : {"3", "1", "2"})
      id_of("contact", std::string(R"({"phone":")") + phone + R"(","customer":")" + anna_ + "\"}");
  }
};

TEST_F(RelatedTest, come_inside_their_record_one_or_many) {
  EXPECT_EQ(answer("customer", "select=name,employer(name)&order=name"),
            R"([{"name":"Anna","employer":{"name":"Acme"}},{"name":"Bob","employer":null}])");
  EXPECT_EQ(answer("customer", "select=name,who:company(name)&order=name"),
            R"([{"name":"Anna","who":{"name":"Acme"}},{"name":"Bob","who":null}])");
  EXPECT_EQ(answer("customer", "select=name,contacts(phone)&order=name&contacts.order=phone"),
            R"([{"name":"Anna","contacts":[{"phone":"1"},{"phone":"2"},{"phone":"3"}]},)"
            R"({"name":"Bob","contacts":[]}])");
  EXPECT_EQ(answer("company",
                   "select=name,customer(name,contact(phone))&customer.contact.limit=1"
                   "&customer.contact.order=phone.desc"),
            R"([{"name":"Acme","customer":[{"name":"Anna","contact":[{"phone":"3"}]}]}])");
  EXPECT_EQ(answer("contact", "select=phone,customer(name,employer(name))&phone=eq.1"),
            R"([{"phone":"1","customer":{"name":"Anna","employer":{"name":"Acme"}}}])");
}

TEST_F(RelatedTest, take_filters_an_order_and_a_limit_of_their_own) {
  EXPECT_EQ(answer("customer",
                   "select=name,contact(phone)&contact.order=phone.desc&contact.limit=2"
                   "&name=eq.Anna"),
            R"([{"name":"Anna","contact":[{"phone":"3"},{"phone":"2"}]}])");
  EXPECT_EQ(answer("customer", "select=name,c:contact(phone)&c.phone=in.(1,9)&order=name"),
            R"([{"name":"Anna","c":[{"phone":"1"}]},{"name":"Bob","c":[]}])");
  EXPECT_EQ(answer("customer", "select=name,c:contact!inner(phone)&c.or=(phone.eq.1,phone.eq.9)"),
            R"([{"name":"Anna","c":[{"phone":"1"}]}])");
  EXPECT_EQ(answer("customer", "select=name,employer!inner(name)&employer.name=eq.Nobody"), "[]");
  EXPECT_EQ(answer("customer", "select=name,contact!customer!inner()"), R"([{"name":"Anna"}])");
}

TEST_F(RelatedTest, are_counted) {
  EXPECT_EQ(answer("customer", "select=name,contact(id.count())&order=name"),
            R"([{"name":"Anna","contact":[{"count":3}]},{"name":"Bob","contact":[{"count":0}]}])");
}

TEST_F(RelatedTest, that_are_in_the_trash_are_gone) {
  ASSERT_TRUE(within([&](UnitOfWork& unit) {
    return unit.erase(entity("contact"),
                      *RecordId::parse(answer("contact", "select=id&phone=eq.1").substr(8, 36)), 1);
  }));
  EXPECT_EQ(
      answer("customer", "select=contact(phone)&name=eq.Anna&contact.order=phone").find("\"1\""),
      std::string::npos);
}

TEST_F(RelatedTest, wrong_ones_are_named) {
  EXPECT_EQ(answer("customer", "select=name,nobody(x)"), "query.parameter /query/select:unknown");
  EXPECT_EQ(answer("customer", "select=name,contact(nam)"),
            "query.parameter /query/select:unknown");
  EXPECT_EQ(answer("customer", "select=contact(phone"), "query.parameter /query/select:syntax");
  EXPECT_EQ(answer("customer", "select=name,contact(phone)&contact.nam=eq.1"),
            "query.parameter /query/contact.nam:unknown");
  EXPECT_EQ(answer("customer", "select=contact(customer(contact(customer(contact(id)))))"),
            "query.parameter /query/select:limit");
  std::string many = "select=id";
  for (int i = 0; i < 11; ++i) many += ",a" + std::to_string(i) + ":contact(id)";
  EXPECT_EQ(answer("customer", many), "query.parameter /query/select:limit");
}

TEST_F(RelatedTest, are_read_by_one_statement_for_each_relation_and_page) {
  for (int i = 0; i < 50; ++i) id_of("customer", R"({"name":"n","employer":")" + acme_ + "\"}");
  auto snapshot = tenant_->snapshot({}, soon());
  ASSERT_TRUE(snapshot);
  catalog_ = tenant_->catalog();
  const auto query =
      parse_query(*catalog_->find("crm", "customer"),
                  *split_query("select=name,employer(name),contact(phone)&limit=50"), {}, catalog_);
  ASSERT_TRUE(query);
  ASSERT_TRUE(snapshot->list(*catalog_->find("crm", "customer"), *query));
  EXPECT_EQ(snapshot->tally().queries, 3U);
}

TEST_F(RelatedTest, too_many_on_one_page_are_refused) {
  for (int i = 0; i < 11; ++i)
    ASSERT_TRUE(within([&](UnitOfWork& unit) -> Result<> {
      TENON_ASSIGN(made, unit.insert(entity("customer"), json::object{{"name", "many"}}));
      for (int j = 0; j < 1000; ++j)
        TENON_TRY(unit.insert(entity("contact"),
                              json::object{{"phone", "1"}, {"customer", made.id.to_string()}}));
      return {};
    }));
  EXPECT_EQ(answer("customer", "select=contact(phone)&name=eq.many&contact.limit=1000"),
            "query.embedded");
  EXPECT_NE(answer("customer", "select=contact(phone)&name=eq.many&contact.limit=900"),
            "query.embedded");
}

class GroupsTest : public ReadsTest {
 protected:
  void SetUp() override {
    ReadsTest::SetUp();
    for (
        const auto* row :
        {R"j({"name":"a","city":"北京","credit":"10.50","visits":1,"born":"2024-02-29","seen":"2026-01-31T23:30:00Z"})j",
         R"j({"name":"b","city":"北京","credit":"20.00","visits":2,"born":"2024-03-01","seen":"2026-02-01T00:00:00Z"})j",
         R"j({"name":"c","city":"上海","visits":-4,"born":"1969-12-31","seen":"1969-12-31T23:59:59Z"})j",
         R"j({"name":"d","city":null,"credit":"0.01"})j"})
      ASSERT_TRUE(insert("customer", row));
  }
};

TEST_F(GroupsTest, count_sum_average_least_and_greatest) {
  EXPECT_EQ(answer("customer", "select=city,credit.sum(),n:count()"),
            R"([{"city":"上海","sum":null,"n":1},{"city":"北京","sum":"30.50","n":2},)"
            R"({"city":null,"sum":"0.01","n":1}])");
  EXPECT_EQ(answer("customer",
                   "select=count(),credits:credit.count(),visits.sum(),visits.avg(),"
                   "visits.min(),last:name.max()"),
            R"([{"count":4,"credits":3,"sum":-1,"avg":"-0.3333","min":-4,"last":"d"}])");
  EXPECT_EQ(answer("customer", "select=city,credit.avg()&city=eq.北京&order=city.desc"),
            R"([{"city":"北京","avg":"15.250000"}])");
  EXPECT_EQ(answer("customer", "select=credit.sum()&name=eq.nobody"), R"([{"sum":null}])");
  EXPECT_EQ(answer("customer", "select=city,count()&limit=1&order=city.desc.nullslast"),
            R"([{"city":"北京","count":2}])");
}

TEST_F(GroupsTest, by_day_week_month_quarter_and_year) {
  EXPECT_EQ(
      answer("customer", "select=m:born.month(),count()&born=not.is.null"),
      R"([{"m":"1969-12-01","count":1},{"m":"2024-02-01","count":1},{"m":"2024-03-01","count":1}])");
  EXPECT_EQ(answer("customer", "select=q:born.quarter(),y:born.year(),count()&born=gt.2000-01-01"),
            R"([{"q":"2024-01-01","y":"2024-01-01","count":2}])");
  EXPECT_EQ(answer("customer", "select=w:born.week(),count()&born=not.is.null"),
            R"([{"w":"1969-12-29","count":1},{"w":"2024-02-26","count":2}])");
  EXPECT_EQ(
      answer("customer", "select=d:seen.day(),count()&seen=not.is.null"),
      R"([{"d":"1969-12-31","count":1},{"d":"2026-01-31","count":1},{"d":"2026-02-01","count":1}])");
  EXPECT_EQ(
      answer("customer", "select=m:seen.month(),count()&seen=not.is.null&order=seen.desc"),
      R"([{"m":"2026-02-01","count":1},{"m":"2026-01-01","count":1},{"m":"1969-12-01","count":1}])");
}

TEST_F(GroupsTest, refuse_what_cannot_be) {
  for (const auto* text : {"select=name.sum()", "select=active.min()", "select=name.month()",
                           "select=credit.median()", "select=extra.max()", "select=token.min()"})
    EXPECT_EQ(answer("customer", text), "query.parameter /query/select:unsupported") << text;
  EXPECT_EQ(answer("customer", "select=nam.count()"), "query.parameter /query/select:unknown");
  EXPECT_EQ(answer("customer", "select=credit.sum(),visits.sum()"),
            "query.parameter /query/select:syntax");
  EXPECT_EQ(answer("customer", "select=city,count()&order=name"),
            "query.parameter /query/order:unsupported");
  EXPECT_EQ(answer("customer", "select=city,count()&offset=1"),
            "query.parameter /query/offset:unsupported");
}

TEST_F(GroupsTest, a_sum_that_is_too_large_is_refused_and_one_at_the_edge_is_exact) {
  ASSERT_TRUE(insert("customer", R"j({"name":"e","city":"x","visits":9223372036854775807})j"));
  ASSERT_TRUE(insert("customer", R"j({"name":"f","city":"x","visits":-9223372036854775808})j"));
  EXPECT_EQ(answer("customer", "select=visits.sum()&city=eq.x"), R"([{"sum":-1}])");
  ASSERT_TRUE(insert("customer", R"j({"name":"g","city":"y","visits":9223372036854775807})j"));
  EXPECT_EQ(answer("customer", "select=visits.sum()&city=eq.y"),
            R"([{"sum":9223372036854775807}])");
  ASSERT_TRUE(insert("customer", R"j({"name":"h","city":"y","visits":1})j"));
  EXPECT_EQ(answer("customer", "select=visits.sum()&city=eq.y"),
            "query.overflow /query/select:overflow");
}

TEST_F(GroupsTest, more_than_a_thousand_are_refused) {
  ASSERT_TRUE(insert_many("customer", 1000,
                          [](int i) { return json::object{{"name", "n" + std::to_string(i)}}; }));
  EXPECT_EQ(answer("customer", "select=name,count()"), "query.groups");
  EXPECT_NE(answer("customer", "select=name,count()&name=like.n*"), "query.groups");
}

class SearchTest : public ReadsTest {
 protected:
  void SetUp() override {
    ReadsTest::SetUp();
    for (const auto* name : {"客户甲贸易公司", "老客户 ACME GmbH", "户外用品", "Straße 12",
                             "acmeter", "50%_off \\ \"q\"", "O'Neil & Söhne"}) {
      ASSERT_TRUE(insert("customer", json::serialize(json::object{{"name", name}})));
      // Ids tell milliseconds apart.
      const auto at = std::chrono::floor<std::chrono::milliseconds>(clock_.now());
      while (std::chrono::floor<std::chrono::milliseconds>(clock_.now()) == at) {
      }
    }
  }
  /// Newest first.
  std::string found(std::string_view text) { return names(text); }
};

TEST_F(SearchTest, finds_characters_words_and_beginnings) {
  EXPECT_EQ(found("fts=户"), "户外用品,老客户 ACME GmbH,客户甲贸易公司");
  EXPECT_EQ(found("fts=客户"), "老客户 ACME GmbH,客户甲贸易公司");
  EXPECT_EQ(found("fts=acme"), "acmeter,老客户 ACME GmbH") << "the last word is a beginning";
  EXPECT_EQ(found("fts=acme "), "老客户 ACME GmbH") << "a word that is closed is whole";
  EXPECT_EQ(found("fts=ACME 客户"), "老客户 ACME GmbH");
  EXPECT_EQ(found("fts=STRASSE"), "Straße 12") << "folded, not lower case";
  EXPECT_EQ(found("fts=o'neil s\xC3\x96hn"), "O'Neil & Söhne");
  EXPECT_EQ(found("fts=nobody"), "");
  EXPECT_EQ(found("fts=!!!"), "") << "nothing to look for finds nothing";
  EXPECT_EQ(found("name=fts.贸易"), "客户甲贸易公司");
  EXPECT_EQ(found("order=name&or=(name.fts.贸易,name.fts.acmet)"), "acmeter,客户甲贸易公司");
  EXPECT_EQ(found("order=name&name=not.fts.户&name=contains.acme"), "acmeter");
  EXPECT_EQ(found("fts=\" OR 1 AND NEAR( * ^ : {g_name} : \"acm"), "");
}

TEST_F(SearchTest, finds_text_inside_by_index_and_checks_it_again) {
  EXPECT_EQ(found("name=contains.贸易"), "客户甲贸易公司");
  EXPECT_EQ(found("name=contains.户"), "户外用品,老客户 ACME GmbH,客户甲贸易公司");
  EXPECT_EQ(found("name=contains.CMET"), "acmeter");
  EXPECT_EQ(found("name=contains.%25_o"), "50%_off \\ \"q\"") << "wildcards are plain text here";
  EXPECT_EQ(found("name=contains.\\ \""), "50%_off \\ \"q\"");
  EXPECT_EQ(found("name=contains.l %26 s"), "O'Neil & Söhne");
  EXPECT_EQ(found("name=contains.cm"), "老客户 ACME GmbH,acmeter") << "two letters: by the table";
  EXPECT_EQ(found("name=ilike.*CME*"), "acmeter,老客户 ACME GmbH");
  EXPECT_EQ(found("name=ilike.*客*司"), "客户甲贸易公司");
  EXPECT_EQ(found("order=name&or=(name.contains.贸易公,name.ilike.acmeT*)"),
            "acmeter,客户甲贸易公司");
}

TEST_F(SearchTest, keeps_step_with_changes_the_trash_and_roll_back) {
  const auto id = *RecordId::parse(answer("customer", "select=id&name=eq.户外用品").substr(8, 36));
  ASSERT_TRUE(within([&](UnitOfWork& unit) {
    return unit.update(entity("customer"), id, {{"name", "山野用品"}}, std::nullopt);
  }));
  EXPECT_EQ(found("fts=户外"), "");
  EXPECT_EQ(found("fts=山野"), "山野用品");
  EXPECT_FALSE(within([&](UnitOfWork& unit) -> Result<> {
    TENON_TRY(unit.update(entity("customer"), id, {{"name", "never"}}, std::nullopt));
    return fail(ErrorCode::cancelled, "undo");
  }));
  EXPECT_EQ(found("fts=山野"), "山野用品");
  EXPECT_EQ(found("fts=never"), "");
  ASSERT_TRUE(
      within([&](UnitOfWork& unit) { return unit.erase(entity("customer"), id, std::nullopt); }));
  EXPECT_EQ(found("fts=山野"), "");
}

TEST_F(SearchTest, a_page_goes_on_by_cursor) {
  auto page = ask("customer", "fts=户&limit=2&select=name");
  ASSERT_TRUE(page && page->next);
  EXPECT_EQ(answer("customer", "fts=户&limit=2&select=name&after=" + *page->next),
            R"([{"name":"客户甲贸易公司"}])");
}

TEST_F(SearchTest, an_upgrade_that_makes_a_field_searchable_indexes_what_is_there) {
  auto changed = testing::customer();
  changed.fields[9].searchable = true;  // notes
  ASSERT_TRUE(insert("customer", R"j({"name":"n","notes":"月结三十天"})j"));
  ASSERT_TRUE(tenon::testing::run(
      tenant_->install(testing::crm({testing::company(), changed, testing::contact()}), soon())));
  EXPECT_EQ(found("fts=月结"), "n");
  EXPECT_EQ(found("fts=贸易"), "客户甲贸易公司");
}

TEST_F(SearchTest, picks_by_beginning_first_then_inside) {
  const auto pick = [&](std::string_view text) {
    auto page = tenant_->pick(entity("customer"), text, {}, soon());
    if (!page) return page.error().reason();
    std::string all;
    for (const auto& row : json::parse(page->json)->as_array())
      all += std::string(row.at("label").as_string()) + "|";
    return all;
  };
  EXPECT_EQ(pick("acme"), "acmeter|老客户 ACME GmbH|");
  EXPECT_EQ(pick("户"), "户外用品|老客户 ACME GmbH|客户甲贸易公司|");
  EXPECT_EQ(pick("50%"), "50%_off \\ \"q\"|");
  EXPECT_EQ(pick("nobody"), "");
  EXPECT_EQ(pick(std::string(256, 'a')), "query.picker");
  EXPECT_EQ(pick("").substr(0, 5), "50%_o");
}

TEST_F(ReadsTest, tests_lists_of_options_and_what_is_distinct) {
  for (const auto* row : {R"({"name":"a","tags":["vip"]})", R"({"name":"b","tags":["vip","new"]})",
                          R"({"name":"c","tags":[]})", R"({"name":"d"})"})
    ASSERT_TRUE(insert("customer", row));
  EXPECT_EQ(names("order=name&tags=cs.{vip}"), "a,b");
  EXPECT_EQ(names("order=name&tags=cs.{vip,new}"), "b");
  EXPECT_EQ(names("order=name&tags=cs.{}"), "a,b,c");
  EXPECT_EQ(names("order=name&tags=cd.{vip}"), "a,c");
  EXPECT_EQ(names("order=name&tags=ov.{new,other}"), "b");
  EXPECT_EQ(names("order=name&tags=not.ov.{new}"), "a,c");
  EXPECT_EQ(names("order=name&or=(tags.cs.{new},name.eq.d)"), "b,d");
  EXPECT_EQ(names("order=name&tags=cs.vip"), "query.parameter");
  EXPECT_EQ(names("order=name&name=cs.{a}"), "query.parameter");
  EXPECT_EQ(names("order=name&tags=isdistinct.vip"), "query.parameter");
  EXPECT_EQ(names("order=name&level=isdistinct.A"), "a,b,c,d") << "NULL is distinct from A";
  EXPECT_EQ(names("order=name&name=match.^a"), "query.parameter");
  EXPECT_EQ(answer("company", "fts=a"), "query.parameter /query/fts:unsupported");
  EXPECT_EQ(answer("customer", "city=fts.a"), "query.parameter /query/city:operator");
}

TEST_F(ReadsTest, the_trash_is_a_list_of_its_own) {
  const auto id = *RecordId::parse(id_of("customer", R"({"name":"gone"})"));
  id_of("customer", R"({"name":"here"})");
  ASSERT_TRUE(within([&](UnitOfWork& unit) { return unit.erase(entity("customer"), id, 1); }));
  EXPECT_EQ(names("order=name"), "here");
  Query trash;
  trash.rows = Rows::deleted;
  const auto page = tenant_->list(entity("customer"), trash, {}, soon());
  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows, 1U);
  EXPECT_NE(page->json.find("gone"), std::string::npos);
  EXPECT_EQ(tenant_->get(entity("customer"), id, {}).error().reason(), "data.not_found");
}

TEST_F(ReadsTest, an_export_walks_one_state_of_a_list_of_any_length) {
  ASSERT_TRUE(insert_many("customer", 1203,
                          [](int i) { return json::object{{"name", std::to_string(i)}}; }));
  auto snapshot = tenant_->snapshot({}, soon());
  ASSERT_TRUE(snapshot);
  const auto& info = entity("customer");
  Walk walk(std::move(*snapshot), info, *parse_query(info, *split_query("order=name.desc")));
  std::size_t rows = 0;
  std::size_t pages = 0;
  for (;; ++pages) {
    auto page = walk.next();
    ASSERT_TRUE(page);
    if (!*page) break;
    rows += (*page)->rows;
    ASSERT_TRUE(insert("customer", R"({"name":"later"})"));
  }
  EXPECT_EQ(rows, 1203U);
  EXPECT_EQ(pages, 3U);
}

TEST_F(ReadsTest, a_question_without_an_index_is_refused_on_a_large_table_only) {
  id_of("customer", R"({"name":"a","city":"x"})");
  const std::vector<std::string> unserved = {"notes=eq.a",
                                             "active=is.true",
                                             "order=visits",
                                             "visits=gt.1",
                                             "name=neq.a",
                                             "not.and=(city.eq.x)",
                                             "or=(city.eq.x,notes.eq.a)",
                                             "city=like.*x",
                                             "notes=contains.abc",
                                             "name=contains.ab",
                                             "name=gt.a&order=visits"};
  for (const auto& text : unserved) EXPECT_EQ(answer("customer", text).front(), '[') << text;
  if (tenon::testing::on_postgres())
    grow_customers(20'000);
  else
    plainly("UPDATE x1_customer SET rid = 20001");
  for (const auto& text : unserved) EXPECT_EQ(answer("customer", text), "query.budget") << text;
  auto refused = ask("customer", "notes=eq.a");
  EXPECT_EQ(refused.error().code(), ErrorCode::exhausted);
  EXPECT_EQ(refused.error().details(),
            R"({"entity":"crm.customer","index":["notes"],"rows":20001,"limit":20000})");
  for (const auto* text :
       {"", "city=eq.x", "city=eq.x&notes=eq.a", "city=eq.x&order=visits", "order=name",
        "order=name.desc,visits", "name=like.a*", "or=(city.eq.x,name.eq.a)", "code=eq.AB123456",
        "fts=a", "name=contains.abc", "name=contains.客", "credit=gt.1", "employer=is.null",
        "select=city,count()", "select=city,count()&notes=eq.a", "order=id.desc"})
    EXPECT_EQ(answer("customer", text).front(), '[') << text << answer("customer", text);
  EXPECT_EQ(ask("customer", "notes=eq.a", {}, Count::exact).error().reason(), "query.budget");
}

TEST_F(ReadsTest, a_capped_count_of_a_whole_table_comes_with_an_estimate) {
  ASSERT_TRUE(insert_many("customer", 1500, [](int) { return json::object{{"name", "n"}}; }));
  if (tenon::testing::on_postgres()) plainly("ANALYZE x1_customer");
  auto page = ask("customer", "limit=1", {}, Count::planned);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 1000U);
  EXPECT_EQ(page->estimate, 1500U);
  EXPECT_FALSE(ask("customer", "limit=1&name=eq.n", {}, Count::estimated)->estimate);
}

TEST_F(ReadsTest, a_locked_column_is_read_and_not_written_and_a_hidden_one_is_not_there) {
  Viewer viewer{.user = UserId{}, .department = {}, .departments = {}, .rights = nullptr};
  viewer.rights = std::make_shared<RightsTable>(
      std::map<std::string, Access, std::less<>>{},
      Access{.scope = Scope::all, .hidden = {"credit"}, .locked = {"city"}});
  const auto codes = [&](const json::object& fields) {
    auto made = within([&](UnitOfWork& unit) { return unit.insert(entity("customer"), fields); },
                       {.plugin = "crm"}, viewer);
    if (made) return made->json;
    std::string text;
    for (const auto& field : made.error().fields()) text += field.path + ":" + field.code + " ";
    return text;
  };
  EXPECT_EQ(codes({{"name", "a"}, {"city", "x"}}), "/city:read_only ");
  EXPECT_EQ(codes({{"name", "a"}, {"credit", "1"}}), "/credit:unknown ");
  const auto made = codes({{"name", "a"}});
  EXPECT_NE(made.find("\"city\":\"上海\""), std::string::npos) << made;
  EXPECT_EQ(made.find("credit"), std::string::npos) << made;
}

TEST_F(ReadsTest, every_list_on_an_index_uses_it_whatever_the_scope) {
  const auto department = DepartmentId{Uuid{{1}}};
  std::vector<DepartmentId> tree{department, DepartmentId{Uuid{{2}}}, DepartmentId{Uuid{{3}}}};
  ASSERT_TRUE(within(
      [&](UnitOfWork& unit) -> Result<> {
        for (int i = 0; i < 30; ++i)
          TENON_TRY(
              unit.insert(entity("customer"),
                          {{"name", "n" + std::to_string(i)}, {"city", "上海"}, {"credit", i}}));
        return {};
      },
      {.plugin = "crm"},
      Viewer{.user = UserId{Uuid{{9}}},
             .department = department,
             .departments = {},
             .rights = nullptr}));
  grow_customers(5000);
  for (const auto scope : {Scope::all, Scope::self, Scope::department, Scope::department_tree}) {
    Viewer viewer{.user = UserId{Uuid{{9}}},
                  .department = department,
                  .departments = tree,
                  .rights = nullptr};
    viewer.rights =
        std::make_shared<RightsTable>(std::map<std::string, Access, std::less<>>{},
                                      Access{.scope = scope, .hidden = {}, .locked = {}});
    std::string key;
    auto reader = *tenant_->database().reader();
    ASSERT_TRUE(reader.session().query("SELECT value FROM meta WHERE key = 'cursor_key'", {},
                                       [&](const storage::Row& row) {
                                         key.assign(row.blob(0).begin(), row.blob(0).end());
                                         return storage::Visit::more;
                                       }));
    for (const std::string& text :
         {"", "city=eq.上海", "city=eq.上海&level=eq.A", "order=name", "order=name.desc",
          "order=city", "order=credit.desc.nullslast", "order=credit", "name=like.n*&order=name",
          "name=gt.n1&order=name.desc", "city=eq.上海&order=id", "code=eq.AB123456",
          "employer=is.null", "order=id.desc"}) {
      std::string after;
      for (int pages = 0; pages < 2; ++pages) {
        auto query =
            parse_query(entity("customer"), *split_query(text + ("&limit=5" + after)), viewer);
        ASSERT_TRUE(query);
        auto plan =
            plan_list(Sight(entity("customer"), viewer), *query,
                      {.viewer = viewer, .dialect = reader.session().dialect(), .cursor_key = key});
        ASSERT_TRUE(plan);
        for (auto& leg : plan->legs) {
          leg.values.back() = std::int64_t{6};
          const auto how = explained(reader.session(), leg.sql, views(leg.values));
          EXPECT_TRUE(how.indexed) << text << ": " << how.steps;
          // PostgreSQL may sort the few that an index finds.
          const bool few = tenon::testing::on_postgres() &&
                           (scope != Scope::all || text.find('=') < text.find("order"));
          EXPECT_FALSE(how.sorted && !few) << text << ": " << how.steps;
          if (pages > 0) EXPECT_TRUE(how.sought) << text << how.steps;
        }
        auto page = tenant_->list(entity("customer"), *query, viewer, soon());
        ASSERT_TRUE(page);
        if (!page->next) break;
        after = "&after=" + *page->next;
      }
    }
  }
}

}  // namespace
}  // namespace tenon::data
