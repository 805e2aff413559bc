// The one JSON parser: what it accepts comes out again and means the same.
#include "base/json.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

namespace {

using namespace tenon;

void walk(const json::value& value, std::size_t depth) {
  fuzz::require(depth <= json::ParseLimits{}.depth, "depth has a bound");
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      fuzz::require(utf8::is_valid(member.key()), "names are UTF-8");
      walk(member.value(), depth + 1);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) walk(item, depth + 1);
  } else if (const auto* text = value.if_string()) {
    fuzz::require(utf8::is_valid(*text), "texts are UTF-8");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto value = json::parse(text);
  if (!value) {
    fuzz::require(value.error().code() == ErrorCode::invalid, "what is wrong is the caller's");
    fuzz::require(value.error().reason().starts_with("json."), "a refusal has a reason");
    return 0;
  }
  walk(*value, 0);
  const auto again = json::parse(json::serialize(*value));
  fuzz::require(again.has_value() && *again == *value, "what was read can be written and read");
  return 0;
}
