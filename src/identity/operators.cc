#include "identity/operators.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>

#include "base/hash.h"
#include "base/json.h"

namespace tenon::identity {
namespace {

constexpr std::string_view kPrefix = "operator~";

std::unexpected<Error> refused(ErrorCode code, std::string_view reason, std::string text) {
  return fail(Error(code, std::move(text)).because(std::string(reason)));
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

struct Operators::Line {
  OperatorRow row;
  std::string hash;  // hex
};

Result<std::vector<Operators::Line>> Operators::read() const {
  std::vector<Line> lines;
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) return lines;
  std::ifstream in(file_);
  for (std::string text; std::getline(in, text);) {
    const auto object = json::parse_object(text);
    const auto expires =
        object ? from_rfc3339(text_at(*object, "expires_at")) : std::optional<Timestamp>();
    if (!expires)
      return refused(ErrorCode::unavailable, "operator.file",
                     fmt::format("{}: line {} is damaged.", file_.string(), lines.size() + 1));
    lines.push_back({.row = {.name = text_at(*object, "name"), .expires = *expires},
                     .hash = text_at(*object, "sha256")});
  }
  if (!in.bad()) return lines;
  return refused(ErrorCode::unavailable, "operator.file",
                 fmt::format("{}: cannot be read.", file_.string()));
}

Result<> Operators::write(const std::vector<Line>& lines) const {
  std::string text;
  for (const auto& line : lines)
    text += json::serialize(json::object{{"name", line.row.name},
                                         {"sha256", line.hash},
                                         {"expires_at", to_rfc3339(line.row.expires)}}) +
            "\n";
  auto draft = file_;
  draft += ".new";
  const int handle = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool good =
      handle >= 0 &&
      ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(handle) == 0;
  if (handle >= 0) ::close(handle);
  if (good && ::rename(draft.c_str(), file_.c_str()) == 0) return {};
  return refused(ErrorCode::unavailable, "operator.file",
                 fmt::format("{}: cannot be written.", file_.string()));
}

std::string Operators::name_of(std::string_view token) const {
  if (!token.starts_with(kPrefix) || token.size() != kPrefix.size() + 43) return {};
  const std::lock_guard lock(mutex_);
  const auto lines = read();
  if (!lines) return {};
  const auto hash = hex(sha256(token));
  const auto found = std::ranges::find(*lines, hash, &Line::hash);
  if (found == lines->end() || clock_.now() >= found->row.expires) return {};
  return found->row.name;
}

Result<std::string> Operators::create(const std::string& name, std::chrono::seconds lifetime,
                                      Random& random) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (name.empty() || name.size() > 40 || !std::ranges::all_of(name, plain))
    return refused(ErrorCode::invalid, "operator.name",
                   "An operator's name is made of 1 to 40 of a-z, 0-9 and -.");
  const std::lock_guard lock(mutex_);
  TENON_ASSIGN(lines, read());
  std::erase_if(lines, [&](const Line& line) { return clock_.now() >= line.row.expires; });
  if (std::ranges::any_of(lines, [&](const Line& line) { return line.row.name == name; }))
    return refused(ErrorCode::conflict, "operator.exists",
                   fmt::format("There is an operator \"{}\" already; remove it first.", name));
  if (lines.size() >= kOperators)
    return refused(ErrorCode::exhausted, "operator.limit",
                   fmt::format("There are {} operators already.", kOperators));
  std::array<std::uint8_t, 32> bytes{};
  random.fill(std::as_writable_bytes(std::span(bytes)));
  std::string token = std::string(kPrefix) + base64url(bytes);
  lines.push_back(
      {.row = {.name = name, .expires = clock_.now() + lifetime}, .hash = hex(sha256(token))});
  TENON_TRY(write(lines));
  return token;
}

Result<> Operators::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TENON_ASSIGN(lines, read());
  if (std::erase_if(lines, [&](const Line& line) { return line.row.name == name; }) == 0)
    return refused(ErrorCode::not_found, "operator.unknown",
                   fmt::format("There is no operator \"{}\".", name));
  return write(lines);
}

Result<std::vector<OperatorRow>> Operators::list() const {
  const std::lock_guard lock(mutex_);
  TENON_ASSIGN(lines, read());
  std::vector<OperatorRow> rows;
  for (const auto& line : lines) rows.push_back(line.row);
  return rows;
}

}  // namespace tenon::identity
