#include "http/body_stream.h"

namespace tenon::http {

std::string server_sent_event(std::string_view event, std::string_view data, std::string_view id) {
  TENON_ASSERT(event.find_first_of("\r\n") == std::string_view::npos);
  TENON_ASSERT(id.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  std::string out;
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  if (!event.empty()) out.append("event: ").append(event).append("\n");
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    const bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  out.append("\n");
  return out;
}

}  // namespace tenon::http
