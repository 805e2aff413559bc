#include "api/disposition.h"

#include "http/query.h"

namespace tenon::api {

std::string content_disposition(Disposition disposition, std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool visible = c >= 0x20 && c < 0x7F;
    plain += visible && c != '"' && c != '\\' && c != '%' ? c : '_';
  }
  return std::string(disposition == Disposition::inline_ ? "inline" : "attachment") +
         "; filename=\"" + plain + "\"; filename*=UTF-8''" + http::percent_encode(name);
}

}  // namespace tenon::api
