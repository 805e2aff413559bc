#include "server/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"

namespace tenon::server {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("tenon-log-" + std::to_string(::getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file() const { return (folder_ / "log").string(); }
  [[nodiscard]] std::unique_ptr<LineWriter> open(std::size_t rotate = 1 << 20,
                                                 std::size_t queue = 1 << 20) const {
    auto writer = LineWriter::open(
        {.file = file(), .rotate_bytes = rotate, .keep_files = 2, .queue_bytes = queue});
    EXPECT_TRUE(writer.has_value());
    return *std::move(writer);
  }
  static std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  ManualClock clock_{Timestamp(std::chrono::seconds(1'764'000'000))};
};

TEST_F(LogTest, writes_each_line_once_and_in_order) {
  auto writer = open();
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const auto line = "line " + std::to_string(i);
    writer->write(line);
    expected += line + "\n";
  }
  writer->stop();
  EXPECT_EQ(text_of(file()), expected);
  EXPECT_EQ(writer->dropped(), 0U);
}

TEST_F(LogTest, is_readable_by_its_owner_only) {
  open()->stop();
  struct ::stat status{};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(LogTest, sets_large_files_aside_and_keeps_so_many) {
  for (int round = 0; round < 5; ++round) {
    auto writer = open(64);
    writer->write("round " + std::to_string(round) + std::string(60, 'x'));
    writer->stop();
  }
  EXPECT_TRUE(text_of(file()).starts_with("round 4"));
  EXPECT_TRUE(text_of(file() + ".1").starts_with("round 3"));
  EXPECT_TRUE(text_of(file() + ".2").starts_with("round 2"));
  EXPECT_FALSE(std::filesystem::exists(file() + ".3"));
}

TEST_F(LogTest, drops_lines_above_its_bound_and_counts_them) {
  auto writer = open(1 << 20, 10);
  writer->write("a line that is longer than the queue");
  EXPECT_EQ(writer->dropped(), 1U);
  writer->write("short");
  writer->stop();
  EXPECT_NE(text_of(file()).find("\"lines\":1"), std::string::npos);
  writer->write("too late");
  EXPECT_EQ(writer->dropped(), 2U);
}

TEST_F(LogTest, a_file_that_cannot_be_opened_is_named) {
  const auto writer = LineWriter::open({.file = "/nowhere/log"});
  ASSERT_FALSE(writer.has_value());
  EXPECT_NE(writer.error().message().find("/nowhere/log"), std::string::npos);
}

TEST_F(LogTest, one_event_is_one_json_object_whatever_is_in_it) {
  auto writer = open();
  Log log(LogLevel::warning, LogFormat::json, clock_, *writer);
  log.info("not written");
  log.error("line\nbreak \x1b[31m \"quoted\" \xff",
            {{"tenant", "demo\n"}, {"empty", ""}, {"error", "password=hunter2"}});
  writer->stop();
  const auto text = text_of(file());
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  const auto line = json::parse_object(text.substr(0, text.size() - 1));
  ASSERT_TRUE(line.has_value()) << line.error().message();
  EXPECT_EQ(line->at("level"), "error");
  EXPECT_EQ(line->at("tenant"), "demo\n");
  EXPECT_EQ(line->at("error"), "password=***");
  EXPECT_FALSE(line->contains("empty"));
  EXPECT_TRUE(line->at("time").as_string().starts_with("2025-11-24T"));
}

TEST_F(LogTest, a_line_of_text_holds_no_control_byte) {
  auto writer = open();
  Log log(LogLevel::info, LogFormat::text, clock_, *writer);
  log.info("a\nb\x1b", {{"plugin", "c\rd"}});
  writer->stop();
  EXPECT_TRUE(text_of(file()).ends_with(" info a\\x0ab\\x1b plugin=c\\x0dd\n"));
}

TEST_F(LogTest, an_access_line_tells_the_route_and_what_was_noted) {
  http::Notes notes;
  notes.set("trace", "abc");
  notes.set("tenant", "demo\"");
  const http::Exchange exchange{.method = "GET",
                                .target = "/secret?x=y",
                                .route = "/{path*}",
                                .remote_address = "::1",
                                .status = 200,
                                .received_bytes = 1,
                                .sent_bytes = 2,
                                .took = std::chrono::microseconds(1500),
                                .transport = http::Transport::tls,
                                .notes = &notes};
  const auto text = access_line(exchange, clock_.now());
  EXPECT_EQ(text.find("secret"), std::string::npos);
  const auto line = json::parse_object(text);
  ASSERT_TRUE(line.has_value()) << text;
  EXPECT_EQ(line->at("route"), "/{path*}");
  EXPECT_EQ(line->at("ms"), 1.5);
  EXPECT_EQ(line->at("tls"), true);
  EXPECT_EQ(line->at("trace"), "abc");
  EXPECT_EQ(line->at("tenant"), "demo\"");
}

}  // namespace
}  // namespace tenon::server
