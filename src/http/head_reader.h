#pragma once
// The steps of the head check. Private to the room: use check_head().

#include "http/head_check.h"

namespace tenon::http {

/// True for a host name, an IPv4 address or a bracketed IPv6 address, with or without a port.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// Checks a request line with its CRLF, so that a bad one is refused before the head is complete.
[[nodiscard]] std::optional<Refusal> check_request_line(std::string_view line,
                                                        const HeadLimits& limits);

class HeadReader {
 public:
  HeadReader(std::string_view bytes, const HeadLimits& limits) : bytes_(bytes), limits_(limits) {}
  [[nodiscard]] std::expected<Head, Refusal> read();
  [[nodiscard]] std::optional<Refusal> read_line_only();

 private:
  // Each step returns false after it has set refusal_.
  bool refuse(int status, std::string_view rule, std::string_view text);
  bool refuse(std::string_view rule, std::string_view text) { return refuse(400, rule, text); }
  bool read_request_line();
  bool read_target(std::string_view target);
  bool read_absolute_target(std::string_view target);
  bool read_segments(std::string_view path);
  bool read_segment(std::string_view segment);
  bool read_field(std::string_view line);
  bool note_field(std::string_view name, std::string_view value);
  bool note_length(std::string_view value);
  bool note_connection(std::string_view value);
  bool settle();
  [[nodiscard]] Head::Slice slice(std::string_view part) const noexcept {
    return {static_cast<std::uint32_t>(part.data() - bytes_.data()),
            static_cast<std::uint32_t>(part.size())};
  }

  std::string_view bytes_;
  const HeadLimits& limits_;
  std::size_t at_ = 0;  // first byte behind the request line
  Head head_;
  Refusal refusal_;
  std::string_view authority_;  // of an absolute target
  std::string_view host_;
  int hosts_ = 0;
  int lengths_ = 0;
  int codings_ = 0;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
};

}  // namespace tenon::http
