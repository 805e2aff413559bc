#include "http/multipart.h"

#include <gtest/gtest.h>

namespace tenon::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=XX";

TEST(Multipart, gives_names_file_names_types_and_exact_contents) {
  const std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"manifest\"; "
      "filename=\"plugin.toml\"\r\n\r\na = 1\r\n\r\n--XX\r\n"
      "Content-Disposition: form-data; name=component; filename=\"a \\\"b\\\".wasm\"\r\n"
      "Content-Type: application/wasm\r\n\r\n" +
      std::string("\0asm--XX", 8) + "\r\n--XX--\r\n";
  const auto whole = parse_multipart(kType, body);
  ASSERT_TRUE(whole.has_value());
  ASSERT_EQ(whole->size(), 2U);
  EXPECT_EQ((*whole)[0].name, "manifest");
  EXPECT_EQ((*whole)[0].file_name, "plugin.toml");
  EXPECT_EQ((*whole)[0].content, "a = 1\r\n");
  EXPECT_EQ((*whole)[1].name, "component");
  EXPECT_EQ((*whole)[1].file_name, "a \"b\".wasm");
  EXPECT_EQ((*whole)[1].content_type, "application/wasm");
  EXPECT_EQ((*whole)[1].content, std::string("\0asm--XX", 8));
}

TEST(Multipart, refuses_what_is_not_form_data) {
  for (const std::string_view type : {"application/json", "multipart/mixed; boundary=XX",
                                      "multipart/form-data", "multipart/form-data; boundary="}) {
    const auto parts = parse_multipart(type, "--XX--");
    ASSERT_FALSE(parts.has_value()) << type;
    EXPECT_EQ(parts.error().reason(), "http.media_type") << type;
  }
}

TEST(Multipart, refuses_broken_framing_at_every_length) {
  const std::string good =
      "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--XX--";
  ASSERT_TRUE(parse_multipart(kType, good).has_value());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_multipart(kType, good.substr(0, size)).has_value()) << size;
}

TEST(Multipart, refuses_a_part_without_a_name_or_with_two) {
  const auto with = [](const std::string& head) {
    return parse_multipart(kType, "--XX\r\n" + head + "\r\n\r\nvalue\r\n--XX--").has_value();
  };
  const std::string named = "Content-Disposition: form-data; name=\"a\"";
  EXPECT_TRUE(with(named));
  for (const std::string_view wrong :
       {"Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name=; filename=\"x\"", "Content-Disposition: form-data",
        "Content-Type: text/plain"})
    EXPECT_FALSE(with(std::string(wrong))) << wrong;
  EXPECT_FALSE(with(named + "\r\n" + named));
}

TEST(Multipart, refuses_a_seventeenth_part) {
  std::string body;
  for (int i = 0; i < 16; ++i)
    body += "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
  EXPECT_TRUE(parse_multipart(kType, body + "--XX--").has_value());
  body += "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
  EXPECT_FALSE(parse_multipart(kType, body + "--XX--").has_value());
}

}  // namespace
}  // namespace tenon::http
