#include "http/router.h"

#include <gtest/gtest.h>

namespace tenon::http {
namespace {

asio::awaitable<Response> nothing(Request) { co_return Response(204); }

Route route(Method method, std::string pattern) { return {method, std::move(pattern), nothing}; }

std::vector<Route> routes(std::initializer_list<std::pair<Method, std::string>> list) {
  std::vector<Route> made;
  for (const auto& [method, pattern] : list) made.push_back(route(method, pattern));
  return made;
}

std::string found(const Router& router, Method method, std::string_view target) {
  const auto request = Request::make(method, target);
  const RouteMatch match = router.find(request->head());
  return match.route ? match.route->pattern : match.allow.empty() ? "404" : "405 " + match.allow;
}

TEST(Router, prefers_literals_to_parameters_to_the_rest) {
  Router router;
  ASSERT_TRUE(router
                  .replace("a", routes({{Method::get, "/api/{plugin}/{entity}"},
                                        {Method::get, "/api/{plugin}/menu"},
                                        {Method::get, "/api/session"},
                                        {Method::post, "/api/session"},
                                        {Method::get, "/{path*}"}}))
                  .has_value());
  EXPECT_EQ(found(router, Method::get, "/api/crm/customer"), "/api/{plugin}/{entity}");
  EXPECT_EQ(found(router, Method::get, "/api/crm/menu"), "/api/{plugin}/menu");
  EXPECT_EQ(found(router, Method::get, "/api/session"), "/api/session");
  EXPECT_EQ(found(router, Method::get, "/api"), "/{path*}");
  EXPECT_EQ(found(router, Method::get, "/"), "/{path*}");
  EXPECT_EQ(found(router, Method::get, "/a/b/c/d"), "/{path*}");
  EXPECT_EQ(found(router, Method::get, "/api/crm/"), "/{path*}");
}

TEST(Router, lets_no_parameter_catch_a_method_that_a_literal_does_not_take) {
  Router router;
  ASSERT_TRUE(router.replace(
      "test", {route(Method::get, "/customer/picker"), route(Method::patch, "/customer/{id}"),
               route(Method::get, "/customer/deep/{id}")}));
  EXPECT_EQ(found(router, Method::patch, "/customer/picker"), "405 GET, HEAD");
  EXPECT_EQ(found(router, Method::patch, "/customer/7"), "/customer/{id}");
  EXPECT_EQ(found(router, Method::patch, "/customer/deep"), "/customer/{id}")
      << "no address of its own";
}

TEST(Router, answers_405_with_the_methods_of_the_path_and_lets_get_answer_head) {
  Router router;
  ASSERT_TRUE(router
                  .replace("a", routes({{Method::get, "/a"},
                                        {Method::post, "/a"},
                                        {Method::post, "/b"},
                                        {Method::get, "/{path*}"}}))
                  .has_value());
  EXPECT_EQ(found(router, Method::del, "/a"), "405 GET, HEAD, POST");
  EXPECT_EQ(found(router, Method::head, "/a"), "/a");
  EXPECT_EQ(found(router, Method::get, "/b"), "405 POST") << "the wildcard must not catch it";
  EXPECT_EQ(found(router, Method::put, "/c"), "405 GET, HEAD");
  EXPECT_EQ(found(Router(), Method::get, "/c"), "404");
}

TEST(Router, lists_what_is_published_by_owner) {
  Router router;
  ASSERT_TRUE(router.replace("b", routes({{Method::get, "/b/{id}"}})).has_value());
  ASSERT_TRUE(router.replace("a", routes({{Method::post, "/a"}})).has_value());
  std::string text;
  for (const auto& one : router.list())
    text += one.owner + " " + std::string(to_string(one.method)) + " " + one.pattern + "\n";
  EXPECT_EQ(text, "a POST /a\nb GET /b/{id}\n");
  router.remove("a");
  EXPECT_EQ(router.list().size(), 1U);
}

TEST(Router, lets_routes_come_and_go_by_owner) {
  Router router;
  ASSERT_TRUE(router.replace("core", routes({{Method::get, "/a"}})).has_value());
  ASSERT_TRUE(router.replace("crm", routes({{Method::get, "/x/crm"}})).has_value());
  Router::Reader reader(router);
  const auto request = Request::make(Method::get, "/x/crm");
  const RouteMatch kept = reader.find(request->head());
  ASSERT_NE(kept.route, nullptr);
  router.remove("crm");
  EXPECT_EQ(reader.find(request->head()).route, nullptr);
  EXPECT_EQ(kept.route->pattern, "/x/crm") << "a running handler keeps its route";
  EXPECT_EQ(found(router, Method::get, "/a"), "/a");
}

TEST(Router, refuses_a_taken_route_and_keeps_the_table) {
  Router router;
  ASSERT_TRUE(router.replace("core", routes({{Method::get, "/x/{a}"}})).has_value());
  const auto taken = router.replace("crm", routes({{Method::get, "/y"}, {Method::get, "/x/{b}"}}));
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().reason(), "route.taken");
  EXPECT_EQ(found(router, Method::get, "/y"), "404");
  EXPECT_EQ(found(router, Method::get, "/x/1"), "/x/{a}");
}

TEST(Router, refuses_patterns_it_cannot_read) {
  for (const std::string pattern : {"", "a", "/{", "/{}", "/a{b}", "/{a*}/b", "/{*}", "/%41"}) {
    Router router;
    EXPECT_FALSE(router.replace("a", routes({{Method::get, pattern}})).has_value()) << pattern;
  }
}

TEST(Router, binds_decoded_parameters) {
  Router router;
  ASSERT_TRUE(router.replace("a", routes({{Method::get, "/{plugin}/{id}/{rest*}"}})).has_value());
  auto request = Request::make(Method::get, "/crm/a%2Fb/x/y");
  const RouteMatch match = router.find(request->head());
  ASSERT_NE(match.route, nullptr);
  request->set_route(match.route->parameters, match.route->wildcard_from);
  EXPECT_EQ(request->parameter("plugin"), "crm");
  EXPECT_EQ(request->parameter("id"), "a/b");
  EXPECT_EQ(request->parameter("none"), "");
  EXPECT_EQ(request->wildcard_from(), 2U);
}

}  // namespace
}  // namespace tenon::http
