#pragma once
// Two parsers that read one byte stream differently let a request hide inside another. So before
// anything acts on a request, its raw head passes one pure function that accepts a single reading
// of HTTP/1.1 (RFC 9112) and refuses whatever another parser could take in a second way.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/method.h"
#include "http/options.h"

namespace tenon::http {

/// Why a request was refused. The connection closes after the answer.
struct Refusal {
  int status = 400;       // 400, 405, 408, 413, 414, 417, 431
  std::string_view rule;  // stable word for log and test: `host.missing`
  std::string_view text;  // for people, in English
};

enum class BodyKind : std::uint8_t { none, length, chunked };

/// A checked head: its own copy of the bytes and what they say.
/// Lifetime: views returned by members live as long as the Head stays where it is.
class Head {
 public:
  struct Slice {
    std::uint32_t from = 0;
    std::uint32_t size = 0;
  };
  struct Field {
    Slice name;
    Slice value;
  };

  Method method = Method::get;
  int minor_version = 1;
  BodyKind body = BodyKind::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;

  [[nodiscard]] std::string_view target() const noexcept { return raw_view(target_); }
  /// The path as it was sent, with its escapes; `*` for `OPTIONS *`.
  [[nodiscard]] std::string_view path() const noexcept { return raw_view(path_); }
  /// What follows `?`, with its escapes.
  [[nodiscard]] std::string_view query() const noexcept { return raw_view(query_); }
  [[nodiscard]] std::string_view host() const noexcept { return raw_view(host_); }

  /// Path segments, percent-decoded and valid UTF-8. `/a/b/` has three, the last one empty; `/` has
  /// one empty segment. Dot segments and NUL do not pass the check; a `/` may come from `%2F`.
  [[nodiscard]] std::size_t segment_count() const noexcept { return segments_.size(); }
  [[nodiscard]] std::string_view segment(std::size_t index) const noexcept {
    const Slice slice = segments_[index];
    return decoded_.empty() ? raw_view(slice)
                            : std::string_view(decoded_).substr(slice.from, slice.size);
  }

  [[nodiscard]] std::size_t field_count() const noexcept { return fields_.size(); }
  [[nodiscard]] std::string_view field_name(std::size_t i) const noexcept {
    return raw_view(fields_[i].name);
  }
  [[nodiscard]] std::string_view field_value(std::size_t i) const noexcept {
    return raw_view(fields_[i].value);
  }
  /// The first field of that name, compared without case.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept;

 private:
  friend class HeadReader;
  [[nodiscard]] std::string_view raw_view(Slice slice) const noexcept {
    return std::string_view(raw_).substr(slice.from, slice.size);
  }

  std::string raw_;
  std::string decoded_;  // decoded segments one after the other; empty when the path has no escape
  Slice target_, path_, query_, host_;
  std::vector<Field> fields_;
  std::vector<Slice> segments_;
};

/// Checks the bytes from the first one up to and with the empty line.
/// Errors: a Refusal; the caller answers it and closes. Thread: any. Cost: one pass, four
/// allocations.
[[nodiscard]] std::expected<Head, Refusal> check_head(std::string_view bytes,
                                                      const HeadLimits& limits);

}  // namespace tenon::http
