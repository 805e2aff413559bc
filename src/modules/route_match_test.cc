#include "modules/route_match.h"

#include <gtest/gtest.h>

namespace tenon::modules {
namespace {

http::Request request(http::Method method, std::string_view path) {
  return http::Request::make(method, path).value();
}

std::vector<Route> routes() {
  std::vector<Route> made;
  for (const auto& [method, pattern] : std::vector<std::pair<http::Method, std::string>>{
           {http::Method::get, "/x/crm/{any}/all"},
           {http::Method::get, "/x/crm/city/{name}"},
           {http::Method::post, "/x/crm/city/{name}"},
           {http::Method::get, "/x/crm/city/all"},
           {http::Method::get, "/x/crm/files/{path*}"}})
    made.push_back({.method = method, .pattern = pattern, .handler = {}});
  return made;
}

std::string chosen(http::Method method, std::string_view path) {
  const auto all = routes();
  const auto choice = choose_route(all, request(method, path));
  return choice.route != nullptr ? choice.route->pattern : "-" + choice.allow;
}

TEST(RouteMatch, literals_beat_parameters_from_the_left) {
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/city/all"), "/x/crm/city/all");
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/city/wuhan"), "/x/crm/city/{name}");
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/town/all"), "/x/crm/{any}/all");
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/files/a/b"), "/x/crm/files/{path*}");
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/files"), "/x/crm/files/{path*}");
}

TEST(RouteMatch, a_get_route_answers_head_and_other_methods_are_told_what_there_is) {
  EXPECT_EQ(chosen(http::Method::head, "/x/crm/city/wuhan"), "/x/crm/city/{name}");
  EXPECT_EQ(chosen(http::Method::del, "/x/crm/city/wuhan"), "-GET, HEAD, POST");
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/city"), "-");
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/city/"), "-");
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/city/wuhan/more"), "-");
}

TEST(RouteMatch, segments_are_compared_decoded) {
  EXPECT_EQ(chosen(http::Method::get, "/x/crm/city/a%6Cl"), "/x/crm/city/all");
}

TEST(RouteMatch, equal_shapes_are_equal_texts) {
  EXPECT_EQ(shape_of("/x/crm/city/{name}"), shape_of("/x/crm/city/{town}"));
  EXPECT_NE(shape_of("/x/crm/city/{name}"), shape_of("/x/crm/{city}/name"));
  EXPECT_EQ(shape_of("/a/{b}/{rest*}"), "/a/{p1}/{rest*}");
}

}  // namespace
}  // namespace tenon::modules
