#include "api/trace.h"

#include <gtest/gtest.h>

namespace tenon::api {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

std::string trace(const std::vector<std::string>& values) {
  SeededRandom random(1);
  std::vector<http::HeaderField> fields;
  for (const auto& value : values) fields.push_back({"traceparent", value});
  return trace_of(*http::Request::make(http::Method::get, "/", fields), random).text;
}

TEST(TraceTest, takes_over_a_valid_trace) {
  const std::string id(kTrace);
  EXPECT_EQ(trace({"00-" + id + "-00f067aa0ba902b7-01"}), id);
  EXPECT_EQ(trace({"00-" + id + "-00f067aa0ba902b7-00"}), id);
  EXPECT_EQ(trace({"cc-" + id + "-00f067aa0ba902b7-01-what-the-future-brings"}), id);
}

TEST(TraceTest, makes_a_new_one_for_whatever_is_wrong) {
  const std::string id(kTrace);
  const std::string zero(32, '0');
  for (const auto& wrong : std::vector<std::vector<std::string>>{
           {},
           {""},
           {id},
           {"00-" + id + "-00f067aa0ba902b7"},
           {"00-" + id + "-00f067aa0ba902b7-1"},
           {"00-" + id + "-00f067aa0ba902b7-01-x"},
           {"cc-" + id + "-00f067aa0ba902b7-01x"},
           {"ff-" + id + "-00f067aa0ba902b7-01"},
           {"0x-" + id + "-00f067aa0ba902b7-01"},
           {"00-" + zero + "-00f067aa0ba902b7-01"},
           {"00-" + id + "-0000000000000000-01"},
           {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"},
           {"00_" + id + "-00f067aa0ba902b7-01"},
           {"00-" + id + "-00f067aa0ba902b7-01", "00-" + id + "-00f067aa0ba902b7-01"}}) {
    const auto made = trace(wrong);
    EXPECT_EQ(made.size(), 32U);
    EXPECT_NE(made, id);
    EXPECT_NE(made, zero);
  }
}

TEST(TraceTest, what_it_sends_on_is_what_it_takes) {
  SeededRandom random(2);
  const auto made = new_trace(random);
  EXPECT_EQ(trace({traceparent_of(made.text, random)}), made.text);
}

}  // namespace
}  // namespace tenon::api
