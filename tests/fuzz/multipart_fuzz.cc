// Uploads: the parts lie within the body, and there are not too many. The input is a content type,
// a line end and a body.
#include "fuzz/fuzz.h"
#include "http/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto body = tenon::fuzz::text_of(data, size);
  const auto type = tenon::fuzz::take_until(body, '\n');
  const auto parts = tenon::http::parse_multipart(type, body);
  if (!parts) {
    tenon::fuzz::require(parts.error().code() == tenon::ErrorCode::invalid, "a refusal is invalid");
    return 0;
  }
  tenon::fuzz::require(parts->size() <= 16, "parts have a bound");
  std::size_t total = 0;
  for (const auto& part : *parts) {
    tenon::fuzz::require(!part.name.empty(), "a part has a name");
    if (part.content.empty()) continue;
    tenon::fuzz::require(part.content.data() >= body.data() &&
                             part.content.data() + part.content.size() <= body.data() + body.size(),
                         "a part lies in the body");
    total += part.content.size();
  }
  tenon::fuzz::require(total <= body.size(), "parts do not overlap");
  return 0;
}
