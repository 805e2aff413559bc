// Query strings and escapes: what decodes is UTF-8, and encoding it decodes to the same.
#include "fuzz/fuzz.h"
#include "http/query.h"

using namespace tenon::http;
using tenon::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = tenon::fuzz::text_of(data, size);
  if (const auto decoded = percent_decode(text, Plus::space)) {
    require(is_utf8(*decoded), "decoded text is UTF-8");
    require(percent_decode(percent_encode(*decoded)) == *decoded, "encoded text decodes");
  }
  const auto pairs = parse_query(text);
  if (!pairs) {
    require(!pairs.error().reason().empty(), "a refusal has a reason");
    return 0;
  }
  require(pairs->size() <= 256, "parameters have a bound");
  std::string again;
  for (const auto& pair : *pairs) {
    require(is_utf8(pair.name) && is_utf8(pair.value), "parameters are UTF-8");
    again += percent_encode(pair.name) + "=" + percent_encode(pair.value) + "&";
  }
  const auto second = parse_query(again);
  require(second.has_value() && second->size() == pairs->size(), "written parameters are read");
  for (std::size_t i = 0; second && i < second->size(); ++i)
    require((*second)[i].name == (*pairs)[i].name && (*second)[i].value == (*pairs)[i].value,
            "written parameters are the same");
  return 0;
}
