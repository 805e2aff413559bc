// What a client says beside its question: forms, preferences, ranges, conditions; and how rows are
// shown.
#include <gtest/gtest.h>

#include "api/accept.h"
#include "api/conditional.h"
#include "api/disposition.h"
#include "api/prefer.h"
#include "api/range.h"
#include "api/representation.h"
#include "api/request_rows.h"

namespace tenon::api {
namespace {

http::Request with(std::vector<http::HeaderField> fields, std::string_view target = "/") {
  auto made = http::Request::make(http::Method::get, target, fields);
  if (!made) throw std::runtime_error(made.error().message());
  return std::move(*made);
}

std::string media(std::string_view accept) {
  const auto form = form_of(with({{"Accept", std::string(accept)}}));
  if (!form) return form.error().reason();
  return std::string(content_type(*form).substr(0, content_type(*form).find(';'))) +
         (form->strip_nulls ? " stripped" : "");
}

TEST(Accept, chooses_the_known_form_with_the_highest_weight) {
  EXPECT_EQ(media(""), "application/json");
  EXPECT_EQ(media("*/*"), "application/json");
  EXPECT_EQ(media("text/html, application/xhtml+xml, */*;q=0.8"), "application/json");
  EXPECT_EQ(media("text/csv"), "text/csv");
  EXPECT_EQ(media("application/json;q=0.2, text/csv;q=0.3"), "text/csv");
  EXPECT_EQ(media("text/csv;q=0, application/json;q=0.001"), "application/json");
  EXPECT_EQ(media("APPLICATION/VND.PGRST.OBJECT+JSON"), "application/vnd.pgrst.object+json");
  EXPECT_EQ(media("application/vnd.pgrst.array+json;nulls=stripped"), "application/json stripped");
  EXPECT_EQ(media("application/vnd.pgrst.object+json;nulls=stripped;q=1.000"),
            "application/vnd.pgrst.object+json stripped");
  EXPECT_EQ(media("application/vnd.pgrst.plan+text"), "http.not_acceptable");
  EXPECT_EQ(media("image/png, text/csv;q=0"), "http.not_acceptable");
}

TEST(Prefer, reads_what_it_knows_and_tells_what_it_followed) {
  const auto read = preferences_of(
      with({{"Prefer", "return=representation, resolution=merge-duplicates;x=1,unheard=of"},
            {"prefer",
             "count=\"exact\", missing=default , max-affected=7, tx=rollback, nulls=stripped"}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->what, Return::representation);
  EXPECT_EQ(read->count, data::Count::exact);
  EXPECT_EQ(read->resolution, data::Resolution::merge);
  EXPECT_EQ(read->missing, Missing::fallback);
  EXPECT_EQ(read->max_affected, 7U);
  EXPECT_TRUE(read->dry_run);
  EXPECT_EQ(applied(*read, Use::read), "count=exact, nulls=stripped");
  EXPECT_EQ(applied(*read, Use::write),
            "return=representation, resolution=merge-duplicates, count=exact, missing=default, "
            "max-affected=7, tx=rollback, nulls=stripped");
}

TEST(Prefer, refuses_wrong_values_and_under_strict_handling_what_it_does_not_know) {
  for (const std::string wrong :
       {"return=all", "count=", "count", "max-affected=1001", "max-affected=-1",
        "max-affected=", "tx=never", "handling=strict, unheard=of", "unheard, handling=strict"})
    EXPECT_EQ(preferences_of(with({{"Prefer", wrong}})).error().reason(), "prefer.value") << wrong;
  EXPECT_TRUE(preferences_of(with({{"Prefer", "unheard=of, handling=lenient"}})));
  EXPECT_TRUE(preferences_of(with({{"Prefer", ",, ,"}})));
}

std::string window(std::string_view range, data::Query query = {}) {
  const auto done = apply_range(with({{"Range", std::string(range)}}), query);
  if (!done) return done.error().reason();
  return std::to_string(query.offset) + "+" + std::to_string(query.limit);
}

TEST(Range, narrows_what_the_parameters_ask_for) {
  EXPECT_EQ(window("0-24"), "0+25");
  EXPECT_EQ(window("items=10-19"), "10+10");
  EXPECT_EQ(window("10-"), "10+100");
  EXPECT_EQ(window("0-99999"), "0+1000") << "a page at most";
  EXPECT_EQ(window("bytes=0-5"), "0+100");
  data::Query query;
  query.offset = 5;
  query.limit = 10;
  query.limited = true;
  EXPECT_EQ(window("0-7", query), "5+3");
  EXPECT_EQ(window("0-4", query), "http.range_empty");
  EXPECT_EQ(window("7-", query), "7+8");
  for (const auto* wrong : {"x", "1", "-5", "1-x", "1--2", "200000-", "99999999999999999999-1"})
    EXPECT_EQ(window(wrong), "http.range") << wrong;
  EXPECT_EQ(window("5-4"), "http.range_empty");
}

TEST(Range, tells_the_status_of_a_part) {
  data::Page page;
  page.rows = 2;
  EXPECT_EQ(status_of(page, 0), 200) << "nobody has counted";
  page.total = 2;
  EXPECT_EQ(status_of(page, 0), 200);
  page.total = 3;
  EXPECT_EQ(status_of(page, 0), 206);
  page.rows = 0;
  EXPECT_EQ(status_of(page, 4), 416);
  page.capped = true;
  EXPECT_EQ(status_of(page, 4000), 206);
}

TEST(Representation, leaves_nulls_out_at_any_depth) {
  EXPECT_EQ(*without_nulls(R"([{"a":null,"b":{"c":null,"d":[null,1,{"e":null}]},"f":"null"}])"),
            R"([{"b":{"d":[null,1,{}]},"f":"null"}])");
  EXPECT_EQ(*without_nulls("[]"), "[]");
  EXPECT_EQ(*without_nulls(R"({"a":null})"), "{}");
}

TEST(Representation, makes_one_object_of_one_row_only) {
  const Form object{.media = Media::object};
  EXPECT_EQ(*represent_rows(object, R"([{"a":1}])", {}), R"({"a":1})");
  for (const std::string rows : {"[]", R"([{"a":1},{"a":2}])"}) {
    const auto refused = represent_rows(object, rows, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "query.singular");
  }
}

TEST(Representation, writes_csv_with_quotes_where_they_are_needed) {
  const Form csv{.media = Media::csv};
  EXPECT_EQ(
      *represent_rows(csv, R"([{"a":"x,\"y\"","b":null,"c":""},{"a":1,"b":true,"c":[1,"2"]}])", {}),
      "a,b,c\r\n\"x,\"\"y\"\"\",,\"\"\r\n1,true,\"[1,\"\"2\"\"]\"\r\n");
  EXPECT_EQ(*represent_rows(csv, "[]", {"a", "b"}), "a,b\r\n");
}

TEST(Conditional, reads_versions_and_known_tags) {
  const auto version = [](const std::string& text) {
    return expected_version(with({{"If-Match", text}}));
  };
  EXPECT_EQ(**version("\"7\""), 7U);
  EXPECT_FALSE(version("*")->has_value());
  EXPECT_FALSE(expected_version(with({}))->has_value());
  for (const std::string wrong : {"7", "\"x\"", "\"\"", "W/\"7\"", "\"1\", \"2\""})
    EXPECT_EQ(version(wrong).error().reason(), "http.if_match") << wrong;
  const auto known = [](const std::string& text) {
    return is_known(with({{"If-None-Match", text}}), "\"7\"");
  };
  EXPECT_TRUE(known("\"7\"") && known("W/\"7\"") && known("\"1\" , \"7\"") && known("*"));
  EXPECT_FALSE(known("\"8\"") || known("7"));
}

TEST(Disposition, names_a_file_for_old_and_new_clients) {
  EXPECT_EQ(content_disposition(Disposition::attachment, "会议 \"1\".pdf"),
            "attachment; filename=\"______ _1_.pdf\"; filename*=UTF-8''"
            "%E4%BC%9A%E8%AE%AE%20%221%22.pdf");
  EXPECT_TRUE(http::is_field_value(content_disposition(Disposition::inline_, "a\r\nb: c\x7f")));
}

TEST(RequestRows, keeps_the_named_columns_and_fills_what_is_missing) {
  const json::object row{{"a", 1}, {"b", 2}};
  EXPECT_EQ(json::serialize(only(row, {"a", "c"}, Missing::null)), R"({"a":1,"c":null})");
  EXPECT_EQ(json::serialize(only(row, {"a", "c"}, Missing::fallback)), R"({"a":1})");
}

}  // namespace
}  // namespace tenon::api
