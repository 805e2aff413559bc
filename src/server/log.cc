#include "server/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/json.h"
#include "base/utf8.h"
#include "server/redact.h"

namespace tenon::server {
namespace {

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

/// Strings from outside may be no UTF-8 and hold anything; JSON text may not.
void append_json(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  const bool plain = std::ranges::all_of(
      value, [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
  if (plain) {
    out.append("\"").append(value).append("\"");
    return;
  }
  if (utf8::is_valid(value)) {
    out += json::serialize(json::string(value));
    return;
  }
  json::string text(value);
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  out += json::serialize(text);
}

/// No control byte reaches a terminal.
void append_plain(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
}

}  // namespace

void Log::write(LogLevel level, std::string_view text, Fields fields) {
  if (level < least_) return;
  std::string line;
  if (format_ == LogFormat::json) {
    line = "{\"time\":\"" + to_rfc3339(clock_.now()) + "\"";
    append_json(line, "level", to_string(level));
    append_json(line, "text", redact(text));
    for (const Field& field : fields)
      if (!field.value.empty()) append_json(line, field.name, redact(field.value));
    line += "}";
  } else {
    line = to_rfc3339(clock_.now()).append(" ").append(to_string(level)).append(" ");
    append_plain(line, redact(text));
    for (const Field& field : fields) {
      if (field.value.empty()) continue;
      line.append(" ").append(field.name).append("=");
      append_plain(line, redact(field.value));
    }
  }
  writer_.write(line);
}

std::string access_line(const http::Exchange& exchange, Timestamp now) {
  constexpr std::size_t kUsual = 400;
  constexpr std::int64_t kThousand = 1000;
  std::string line;
  line.reserve(kUsual);
  line.append("{\"time\":\"").append(to_rfc3339(now)).append("\"");
  append_json(line, "method", exchange.method);
  append_json(line, "route", exchange.route);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(exchange.took).count();
  fmt::format_to(std::back_inserter(line),
                 ",\"status\":{},\"ms\":{}.{:03},\"received\":{},\"sent\":{}", exchange.status,
                 micros / kThousand, micros % kThousand, exchange.received_bytes,
                 exchange.sent_bytes);
  append_json(line, "address", exchange.remote_address);
  if (exchange.transport == http::Transport::tls) line += ",\"tls\":true";
  for (const auto& note : exchange.notes->all()) append_json(line, note.name, note.value);
  return line += "}";
}

}  // namespace tenon::server
