#include "plugins/host_api/log.h"

#include <array>

namespace tenon::plugins {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::string_view kHex = "0123456789abcdef";

void append_escaped(std::string& out, unsigned char byte) {
  out.append("\\x");
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 0x0fU]);
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  constexpr std::array<std::string_view, 4> words = {"debug", "info", "warn", "error"};
  return words[static_cast<std::size_t>(level)];
}

std::string escape_log_text(std::string_view text) {
  if (text.size() > kMaxLine) {
    std::size_t cut = kMaxLine;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) --cut;
    text = text.substr(0, cut);
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 controls are U+0080…U+009F: the bytes c2 80…c2 9f in UTF-8.
    const bool c1 =
        byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) {
      append_escaped(out, static_cast<unsigned char>(text[++i]));
    } else if (byte < 0x20 || byte == 0x7f) {
      append_escaped(out, byte);
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

Result<> keep_log_line(GuestContext& context, LogLevel level, std::string_view message) {
  TENON_TRY(context.meter.take_log(message.size()));
  context.log.push_back(LogLine{.level = level, .message = escape_log_text(message)});
  return {};
}

Result<void> LogApi::write(wasm::CallState& call, v1::log::Level level, std::string_view message) {
  return keep_log_line(call.host<GuestContext>(), static_cast<LogLevel>(level), message);
}

}  // namespace tenon::plugins
