#include "http/head_reader.h"

#include <algorithm>
#include <utility>

#include "http/ascii.h"
#include "http/query.h"

namespace tenon::http {

bool HeadReader::refuse(int status, std::string_view rule, std::string_view text) {
  refusal_ = {status, rule, text};
  return false;
}

std::optional<Refusal> HeadReader::read_line_only() {
  return read_request_line() ? std::nullopt : std::optional(refusal_);
}

std::expected<Head, Refusal> HeadReader::read() {
  const auto fail = [this] { return std::unexpected(refusal_); };
  if (bytes_.size() > limits_.head_bytes) {
    refuse(431, "head.size", "the request head is too large");
    return fail();
  }
  if (!bytes_.ends_with("\r\n\r\n")) {
    refuse("head.end", "the request head does not end with an empty line");
    return fail();
  }
  head_.fields_.reserve(16);
  head_.segments_.reserve(8);
  if (!read_request_line()) return fail();
  std::string_view rest = bytes_.substr(at_, bytes_.size() - at_ - 2);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == 0 || end == std::string_view::npos || rest[end - 1] != '\r') {
      refuse("line.bare", "a line does not end with CR LF");
      return fail();
    }
    if (!read_field(rest.substr(0, end - 1))) return fail();
    rest.remove_prefix(end + 1);
  }
  if (!settle()) return fail();
  head_.raw_ = bytes_;
  return std::move(head_);
}

bool HeadReader::read_request_line() {
  const std::size_t end = bytes_.find('\n');
  if (end == std::string_view::npos || end == 0 || bytes_[end - 1] != '\r') {
    return refuse("line.bare", "the request line does not end with CR LF");
  }
  const std::string_view line = bytes_.substr(0, end - 1);
  at_ = end + 1;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse("line.shape", "the request line is not method, target and version");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (method.empty() || !std::ranges::all_of(method, is_token_byte)) {
    return refuse("method.syntax", "the method is not a token");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse("version", "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  head_.minor_version = version.back() - '0';
  if (method == "CONNECT") return refuse("method.connect", "CONNECT is refused");
  const auto known = method_from(method);
  // Not 501: what a client sends is never told as a fault of the server, and Allow says what is
  // known.
  if (!known) return refuse(405, "method.unknown", "the method is not known");
  head_.method = *known;
  return read_target(target);
}

bool HeadReader::read_target(std::string_view target) {
  if (target.size() > limits_.target_bytes) {
    return refuse(414, "target.size", "the request target is too long");
  }
  if (target.empty() || !std::ranges::all_of(target, is_query_byte)) {
    return refuse("target.byte", "the request target has a forbidden byte");
  }
  head_.target_ = slice(target);
  if (target == "*") {
    head_.path_ = slice(target);
    return head_.method == Method::options ||
           refuse("target.form", "the target * belongs to OPTIONS");
  }
  if (target.front() != '/' && !read_absolute_target(target)) return false;
  const std::string_view rest = target.substr(
      authority_.empty()
          ? 0
          : static_cast<std::size_t>(authority_.data() - target.data()) + authority_.size());
  const std::size_t mark = rest.find('?');
  const std::string_view path = rest.substr(0, mark);
  head_.path_ = slice(path);
  if (mark != std::string_view::npos) head_.query_ = slice(rest.substr(mark + 1));
  if (!std::ranges::all_of(path, is_path_byte)) {
    return refuse("target.byte", "the path has a forbidden byte");
  }
  return read_segments(path);
}

bool HeadReader::read_absolute_target(std::string_view target) {
  std::string_view rest = target;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else {
    return refuse("target.form", "the request target is neither a path nor an http address");
  }
  const std::size_t end = rest.find_first_of("/?");
  if (end == std::string_view::npos || end == 0 || rest[end] != '/') {
    return refuse("target.form", "the address has no host or no path");
  }
  authority_ = rest.substr(0, end);
  return true;
}

bool HeadReader::read_segments(std::string_view path) {
  const bool escaped = path.contains('%');
  if (escaped) head_.decoded_.reserve(path.size());
  path.remove_prefix(1);
  for (;;) {
    const std::size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    if (escaped) {
      if (!read_segment(segment)) return false;
    } else {
      head_.segments_.push_back(slice(segment));
      if (segment == "." || segment == "..") {
        return refuse("target.dots", "the path has a dot segment");
      }
    }
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return true;
}

bool HeadReader::read_segment(std::string_view segment) {
  const auto decoded = percent_decode(segment);
  if (!decoded) return refuse("target.escape", "the path has a bad escape or is not UTF-8");
  if (*decoded == "." || *decoded == "..") {
    return refuse("target.dots", "the path has a dot segment");
  }
  head_.segments_.push_back({static_cast<std::uint32_t>(head_.decoded_.size()),
                             static_cast<std::uint32_t>(decoded->size())});
  head_.decoded_ += *decoded;
  return true;
}

bool HeadReader::read_field(std::string_view line) {
  if (line.empty()) return refuse("head.end", "the head has an empty line inside");
  if (is_blank(line.front())) return refuse("field.fold", "a field is folded over two lines");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return refuse("field.colon", "a field has no colon");
  const std::string_view name = line.substr(0, colon);
  if (name.empty() || !std::ranges::all_of(name, is_token_byte)) {
    return refuse("field.name", "a field name is not a token");
  }
  const std::string_view value = trim(line.substr(colon + 1));
  if (!std::ranges::all_of(value, is_value_byte)) {
    return refuse("field.value", "a field value has a control byte");
  }
  if (head_.fields_.size() == limits_.fields) {
    return refuse(431, "field.count", "the request has too many fields");
  }
  // An empty value still points into the bytes, so that slices never leave them.
  head_.fields_.push_back({slice(name), slice(value)});
  return note_field(name, value);
}

bool HeadReader::note_field(std::string_view name, std::string_view value) {
  const auto is = [&](std::string_view wanted) { return same_without_case(name, wanted); };
  switch (name.size()) {
    case 4:
      if (!is("host")) break;
      if (++hosts_ > 1) return refuse("host.twice", "there are two Host fields");
      if (!is_host(value)) return refuse("host.syntax", "the Host field is not a host");
      host_ = value;
      head_.host_ = slice(value);
      break;
    case 6:
      if (!is("expect")) break;
      if (!same_without_case(value, "100-continue")) {
        return refuse(417, "expect", "only 100-continue can be expected");
      }
      head_.expects_continue = true;
      break;
    case 7:
      if (is("upgrade")) return refuse("upgrade", "protocol upgrades are refused");
      if (is("trailer")) return refuse("trailer", "trailers are refused");
      break;
    case 10:
      if (is("connection")) return note_connection(value);
      break;
    case 14:
      if (is("content-length")) return note_length(value);
      break;
    case 17:
      if (!is("transfer-encoding")) break;
      if (++codings_ > 1) return refuse("coding.twice", "there are two Transfer-Encoding fields");
      if (value != "chunked") return refuse("coding", "the transfer coding is not chunked");
      break;
    default:
      break;
  }
  return true;
}

bool HeadReader::note_length(std::string_view value) {
  if (++lengths_ > 1) return refuse("length.twice", "there are two Content-Length fields");
  const bool plain = !value.empty() && value.size() <= 15 && std::ranges::all_of(value, is_digit) &&
                     (value.size() == 1 || value.front() != '0');
  if (!plain) return refuse("length.syntax", "the Content-Length is not a plain number");
  for (const char c : value) {
    head_.content_length = head_.content_length * 10 + static_cast<unsigned>(c - '0');
  }
  return true;
}

bool HeadReader::note_connection(std::string_view value) {
  bool upgrade = false;
  split(value, ',', [&](std::string_view option) {
    says_close_ |= same_without_case(option, "close");
    says_keep_alive_ |= same_without_case(option, "keep-alive");
    upgrade |= same_without_case(option, "upgrade");
  });
  return !upgrade || refuse("upgrade", "protocol upgrades are refused");
}

bool HeadReader::settle() {
  if (hosts_ == 0) return refuse("host.missing", "the Host field is missing");
  if (!authority_.empty() && !same_without_case(authority_, host_)) {
    return refuse("host.differs", "the target and the Host field name different hosts");
  }
  if (codings_ > 0) {
    if (lengths_ > 0) {
      return refuse("length.coding", "there are both Content-Length and Transfer-Encoding");
    }
    if (head_.minor_version == 0) return refuse("coding.version", "HTTP/1.0 has no chunks");
    head_.body = BodyKind::chunked;
  } else if (head_.content_length > 0) {
    head_.body = BodyKind::length;
  }
  if (head_.minor_version == 0) head_.expects_continue = false;
  head_.keep_alive = !says_close_ && (head_.minor_version == 1 || says_keep_alive_);
  return true;
}

}  // namespace tenon::http
