#include "server/metrics.h"

#include <gtest/gtest.h>

#include <thread>

#include "server/metrics_route.h"

namespace tenon::server {
namespace {

class MetricsTest : public testing::Test {
 protected:
  http::Exchange exchange(std::string_view route, int status = 200) {
    return {.method = "GET",
            .target = {},
            .route = route,
            .remote_address = {},
            .status = status,
            .received_bytes = 10,
            .sent_bytes = 20,
            .took = std::chrono::milliseconds(3),
            .notes = &notes_};
  }
  static std::size_t lines_with(const std::string& text, std::string_view word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
    return count;
  }

  http::Notes notes_;
  SystemClock clock_;
  http::Server::Figures edge_;
  std::uint64_t dropped_ = 0;
  Metrics metrics_{{.edge = [this] { return edge_; },
                    .tenants = [] { return plugins::Registry::Health{.served = 3, .away = 1}; },
                    .dropped_log_lines = [this] { return dropped_; },
                    .certificate_expires = [] { return std::optional<Timestamp>(); }},
                   clock_};
};

TEST_F(MetricsTest, counts_requests_by_route_and_status) {
  metrics_.count(exchange("/a"));
  metrics_.count(exchange("/a"));
  metrics_.count(exchange("/a", 503));
  metrics_.count(exchange(""));
  const auto text = metrics_.text();
  for (const char* line :
       {"tenon_http_requests_total{method=\"GET\",route=\"/a\",status=\"200\"} 2\n",
        "tenon_http_requests_total{method=\"GET\",route=\"/a\",status=\"503\"} 1\n",
        "tenon_http_requests_total{method=\"GET\",route=\"none\",status=\"200\"} 1\n",
        "tenon_http_request_seconds_bucket{method=\"GET\",route=\"/a\",le=\"0.005\"} 3\n",
        "tenon_http_received_bytes_total 40\n", "tenon_tenants_served 3\n",
        "tenon_tenants_away 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST_F(MetricsTest, figures_of_others_are_brought_to_where_they_are_and_only_grow) {
  edge_.shed = 5;
  dropped_ = 2;
  EXPECT_NE(metrics_.text().find("tenon_http_shed_total 5\n"), std::string::npos);
  edge_.shed = 7;
  const auto text = metrics_.text();
  EXPECT_NE(text.find("tenon_http_shed_total 7\n"), std::string::npos);
  EXPECT_NE(text.find("tenon_log_dropped_total 2\n"), std::string::npos);
}

TEST_F(MetricsTest, a_plugin_has_its_bill_by_tenant) {
  plugins::Bill bill;
  bill.engine.fuel = 1000;
  bill.rows_read = 7;
  metrics_.count("demo", "crm", bill, false);
  metrics_.count("demo", "crm", bill, true);
  metrics_.count("acme", "crm", bill, false);
  const auto text = metrics_.text();
  for (const char* line : {"tenon_plugin_calls_total{plugin=\"crm\",tenant=\"demo\"} 2\n",
                           "tenon_plugin_failed_total{plugin=\"crm\",tenant=\"demo\"} 1\n",
                           "tenon_plugin_fuel_total{plugin=\"crm\",tenant=\"acme\"} 1000\n",
                           "tenon_plugin_rows_read_total{plugin=\"crm\",tenant=\"demo\"} 14\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST_F(MetricsTest, the_number_of_series_is_bounded) {
  for (std::size_t i = 0; i < 2 * Metrics::kMostSeries; ++i) {
    const auto name = "/route" + std::to_string(i);
    metrics_.count(exchange(name));
    metrics_.count("tenant" + std::to_string(i), "crm", {}, false);
  }
  const auto text = metrics_.text();
  EXPECT_LE(lines_with(text, "\ntenon_http_requests_total{"), Metrics::kMostSeries + 2);
  EXPECT_LE(lines_with(text, "\ntenon_plugin_calls_total{"), Metrics::kMostSeries + 2);
  EXPECT_NE(text.find("tenon_plugin_calls_total{plugin=\"other\",tenant=\"other\"}"),
            std::string::npos);
}

TEST_F(MetricsTest, counts_from_many_threads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      for (int i = 0; i < 1000; ++i) metrics_.count(exchange("/a", 200 + i % 3));
    });
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(metrics_.text().empty());
  for (auto& thread : threads) thread.join();
  EXPECT_NE(metrics_.text().find("tenon_http_sent_bytes_total 80000\n"), std::string::npos);
}

TEST(MetricsTokenTest, a_token_is_one_line_that_nobody_guesses) {
  EXPECT_TRUE(read_token("")->reveal().empty());
  EXPECT_EQ(read_token("/nowhere/token").error().reason(), "metrics.token");
  EXPECT_FALSE(read_token("/dev/null").has_value());
}

}  // namespace
}  // namespace tenon::server
