// The head check: what it accepts has one reading.
#include "fuzz/fuzz.h"
#include "http/ascii.h"
#include "http/head_check.h"
#include "http/query.h"

using namespace tenon::http;
using tenon::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = tenon::fuzz::text_of(data, size);
  const auto head = check_head(bytes, HeadLimits{});
  if (!head) {
    require(head.error().status >= 400 && head.error().status < 600, "a refusal has a status");
    require(!head.error().rule.empty() && !head.error().text.empty(), "a refusal has a reason");
    return 0;
  }
  require(bytes.ends_with("\r\n\r\n"), "a head ends with an empty line");
  require(bytes.size() <= HeadLimits{}.head_bytes, "a head has a bound");
  require(!head->host().empty(), "a head has one host");
  require(head->field_count() <= HeadLimits{}.fields, "fields have a bound");
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  for (std::size_t i = 0; i < head->field_count(); ++i) {
    for (const char c : head->field_name(i)) require(is_token_byte(c), "a name is a token");
    for (const char c : head->field_value(i))
      require(is_value_byte(c), "a value has no control byte");
    hosts += same_without_case(head->field_name(i), "host") ? 1U : 0U;
    lengths += same_without_case(head->field_name(i), "content-length") ? 1U : 0U;
    codings += same_without_case(head->field_name(i), "transfer-encoding") ? 1U : 0U;
  }
  require(hosts == 1, "one Host field");
  require(lengths + codings <= 1, "a body is framed in one way");
  require((codings == 1) == (head->body == BodyKind::chunked), "chunked means chunked");
  for (std::size_t i = 0; i < head->segment_count(); ++i) {
    const auto segment = head->segment(i);
    require(is_utf8(segment), "a segment is UTF-8");
    require(segment != "." && segment != "..", "no dot segments");
    require(segment.find('\0') == segment.npos, "no NUL in a path");
  }
  return 0;
}
