#include "http/multipart.h"

#include <optional>

#include "http/ascii.h"

namespace tenon::http {
namespace {

constexpr std::size_t kMaxParts = 16;
constexpr std::size_t kMaxPartHead = 4096;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Error(ErrorCode::invalid, "multipart body: " + std::string(what))
                  .because("multipart.syntax"));
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Reads `; name=value` parameters, quoted or plain, and gives the one that is asked for.
std::optional<std::string> parameter(std::string_view header, std::string_view wanted) {
  std::size_t at = header.find(';');
  while (at != std::string_view::npos) {
    header.remove_prefix(at + 1);
    const std::size_t equals = header.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trim(header.substr(0, equals));
    header.remove_prefix(equals + 1);
    std::string value;
    if (header.starts_with('"')) {
      std::size_t i = 1;
      for (; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size()) ++i;
        value.push_back(header[i]);
      }
      if (i >= header.size()) return std::nullopt;
      header.remove_prefix(i + 1);
    } else {
      value = trim(header.substr(0, header.find(';')));
    }
    if (same_without_case(name, wanted)) return value;
    at = header.find(';');
  }
  return std::nullopt;
}

Result<Part> parse_part(std::string_view text) {
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end > kMaxPartHead) return malformed("a part has no head");  // also when it is npos
  Part part{.name = {}, .file_name = {}, .content_type = {}, .content = text.substr(head_end + 4)};
  std::string_view head = text.substr(0, head_end);
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a part header has no colon");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (same_without_case(name, "content-type")) part.content_type = value;
    if (!same_without_case(name, "content-disposition")) continue;
    if (!part.name.empty()) return malformed("a part has two names");
    if (!same_without_case(value.substr(0, 9), "form-data"))
      return malformed("a part is not form-data");
    part.name = parameter(value, "name").value_or("");
    part.file_name = parameter(value, "filename").value_or("");
  }
  if (part.name.empty()) return malformed("a part has no name");
  return part;
}

}  // namespace

Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body) {
  const auto boundary = same_without_case(content_type.substr(0, 19), "multipart/form-data")
                            ? parameter(content_type, "boundary")
                            : std::nullopt;
  if (!boundary || boundary->empty() || boundary->size() > 70)
    return fail(Error(ErrorCode::invalid, "expected multipart/form-data with a boundary")
                    .because("http.media_type"));

  const std::string delimiter = "\r\n--" + *boundary;
  if (!body.starts_with(std::string_view(delimiter).substr(2)))
    return malformed("it does not start with its boundary");
  std::size_t at = delimiter.size() - 2;
  std::vector<Part> parts;
  while (!body.substr(at).starts_with("--")) {
    if (!body.substr(at).starts_with("\r\n")) return malformed("text after a boundary");
    at += 2;
    const std::size_t end = body.find(delimiter, at);
    if (end == std::string_view::npos) return malformed("the closing boundary is missing");
    if (parts.size() == kMaxParts) return malformed("more than 16 parts");
    TENON_ASSIGN(part, parse_part(body.substr(at, end - at)));
    parts.push_back(std::move(part));
    at = end + delimiter.size();
  }
  return parts;
}

}  // namespace tenon::http
