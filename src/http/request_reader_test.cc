#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/random.h"
#include "http/framing_vectors.h"

namespace tenon::http {
namespace {

struct Reading {
  std::vector<std::string> requests;  // "GET /a body"
  std::optional<Refusal> refusal;
};

void feed(RequestReader& reader, std::string_view bytes, std::size_t piece, Reading& reading) {
  for (;;) {
    const RequestReader::Step step = reader.next();
    if (step == RequestReader::Step::need_more) {
      if (bytes.empty()) return;
      const std::span<char> space = reader.space();
      const std::size_t size = std::min({piece, space.size(), bytes.size()});
      std::memcpy(space.data(), bytes.data(), size);
      reader.filled(size);
      bytes.remove_prefix(size);
    } else if (step == RequestReader::Step::head) {
      reader.begin_body(std::size_t{1} << 20);
    } else if (step == RequestReader::Step::complete) {
      const auto head = reader.take_head();
      reading.requests.push_back(std::string(to_string(head->method)) + " " +
                                 std::string(head->path()) + " " + reader.take_body());
    } else {
      reading.refusal = reader.refusal();
      return;
    }
  }
}

Reading read(std::string_view bytes, std::size_t piece) {
  const Options options;
  RequestReader reader(options);
  Reading reading;
  feed(reader, bytes, piece, reading);
  return reading;
}

constexpr std::size_t kWhole = 1 << 20;

TEST(RequestReader, refuses_each_ambiguous_stream_whole_and_byte_by_byte) {
  const auto vectors = refused_vectors();
  EXPECT_GE(vectors.size(), 100U);
  for (const FramingVector& vector : vectors) {
    for (const std::size_t piece : {kWhole, std::size_t{1}, std::size_t{7}}) {
      SCOPED_TRACE(std::string(vector.name) + " in pieces of " + std::to_string(piece));
      const Reading reading = read(vector.bytes + "GET /canary HTTP/1.1\r\nHost: h\r\n\r\n", piece);
      EXPECT_TRUE(reading.requests.empty());
      ASSERT_TRUE(reading.refusal.has_value());
      EXPECT_EQ(reading.refusal->status, vector.status);
      EXPECT_EQ(reading.refusal->rule, vector.rule);
    }
  }
}

TEST(RequestReader, refuses_a_bad_request_line_before_the_rest_of_the_head_has_come) {
  const std::string_view begun = "GET /\xA9 HTTP/1.1\r\nHost: h\r\n";
  for (const std::size_t piece : {kWhole, std::size_t{1}, std::size_t{7}})
    EXPECT_TRUE(read(begun, piece).refusal.has_value()) << piece;
}

TEST(RequestReader, reads_each_plain_stream_and_the_one_pipelined_behind_it_at_every_split) {
  for (const FramingVector& vector : accepted_vectors()) {
    const std::string bytes = vector.bytes + "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    const Reading whole = read(bytes, kWhole);
    SCOPED_TRACE(vector.name);
    ASSERT_FALSE(whole.refusal.has_value()) << whole.refusal->rule;
    ASSERT_EQ(whole.requests.size(), 2U);
    EXPECT_EQ(whole.requests[1], "GET /next ");
    EXPECT_EQ(read(bytes, 1).requests, whole.requests);
    for (std::size_t split = 1; split < bytes.size(); ++split) {
      const Options options;
      RequestReader reader(options);
      Reading reading;
      feed(reader, std::string_view(bytes).substr(0, split), kWhole, reading);
      feed(reader, std::string_view(bytes).substr(split), kWhole, reading);
      ASSERT_EQ(reading.requests, whole.requests) << "split at " << split;
    }
  }
}

// A law: what is read from a stream does not depend on how the network cuts it.
TEST(RequestReader, reads_mutated_streams_alike_however_they_are_cut) {
  constexpr std::uint64_t kSeed = 20'261'123;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  std::vector<FramingVector> vectors = accepted_vectors();
  for (FramingVector& vector : refused_vectors()) {
    if (vector.bytes.size() < 1000) vectors.push_back(std::move(vector));
  }
  const std::string_view bytes_of_interest("\r\n :;,0a\t\0#%\xFF", 13);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = vectors[random.next() % vectors.size()].bytes;
    for (std::uint64_t n = random.next() % 3; n > 0; --n) {
      const std::size_t at = random.next() % bytes.size();
      const char byte = bytes_of_interest[random.next() % bytes_of_interest.size()];
      switch (random.next() % 3) {
        case 0:
          bytes[at] = byte;
          break;
        case 1:
          bytes.insert(at, 1, byte);
          break;
        default:
          bytes.erase(at, 1);
          break;
      }
      if (bytes.empty()) bytes = "x";
    }
    bytes += "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    const Reading whole = read(bytes, kWhole);
    const Reading pieces = read(bytes, 1 + random.next() % 9);
    ASSERT_EQ(whole.requests, pieces.requests) << testing::PrintToString(bytes);
    ASSERT_EQ(whole.refusal.has_value(), pieces.refusal.has_value())
        << testing::PrintToString(bytes);
  }
}

TEST(RequestReader, keeps_a_body_of_exactly_the_bound_and_refuses_one_byte_more) {
  for (const std::size_t size : {std::size_t{1} << 20, (std::size_t{1} << 20) + 1}) {
    const bool fits = size == std::size_t{1} << 20;
    const std::string body(size, 'x');
    const Reading length =
        read(post_with("Content-Length: " + std::to_string(size) + "\r\n", body), kWhole);
    EXPECT_EQ(length.requests.size(), fits ? 1U : 0U);
    EXPECT_EQ(length.refusal.has_value(), !fits);
    char hex[16];
    std::snprintf(hex, sizeof hex, "%zx", size);
    const Reading chunks =
        read(chunked(std::string(hex) + "\r\n" + body + "\r\n0\r\n\r\n"), kWhole);
    EXPECT_EQ(chunks.requests.size(), fits ? 1U : 0U);
    if (!fits) EXPECT_EQ(chunks.refusal->status, 413);
  }
}

TEST(RequestReader, refuses_a_body_that_is_mostly_framing) {
  std::string body;
  for (int i = 0; i < 300'000; ++i) body += "1;abcdef\r\nx\r\n";
  const Reading reading = read(chunked(body), kWhole);
  ASSERT_TRUE(reading.refusal.has_value());
  EXPECT_EQ(reading.refusal->rule, "body.wire");
}

TEST(RequestReader, decodes_segments_and_keeps_an_escaped_slash_inside_one) {
  const auto head =
      check_head("GET /%E4%B8%8A/a%2Fb//x?q=1 HTTP/1.1\r\nHost: h\r\n\r\n", HeadLimits{});
  ASSERT_TRUE(head.has_value());
  ASSERT_EQ(head->segment_count(), 4U);
  EXPECT_EQ(head->segment(0), "\xE4\xB8\x8A");
  EXPECT_EQ(head->segment(1), "a/b");
  EXPECT_EQ(head->segment(2), "");
  EXPECT_EQ(head->segment(3), "x");
  EXPECT_EQ(head->query(), "q=1");
  EXPECT_EQ(head->host(), "h");
}

TEST(RequestReader, knows_when_a_connection_is_kept) {
  const auto keeps = [](std::string_view version, std::string_view connection) {
    return check_head("GET / HTTP/" + std::string(version) +
                          "\r\nHost: h\r\nConnection: " + std::string(connection) + "\r\n\r\n",
                      HeadLimits{})
        ->keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", "x"));
  EXPECT_FALSE(keeps("1.1", "Close"));
  EXPECT_FALSE(keeps("1.1", "keep-alive, close"));
  EXPECT_FALSE(keeps("1.0", "x"));
  EXPECT_TRUE(keeps("1.0", "Keep-Alive"));
}

}  // namespace
}  // namespace tenon::http
