// Cursors as strangers write them. One that this server did not sign for this question is refused;
// one that it did gives back what went in.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "data/cursor.h"

namespace {

using namespace tenon;

const std::string& key() {
  static const std::string made(32, 'k');
  return made;
}

/// Values of all kinds, told by the bytes.
std::vector<data::Value> values_of(std::string_view bytes) {
  std::vector<data::Value> values;
  while (!bytes.empty() && values.size() < 9) {
    const auto kind = static_cast<unsigned char>(bytes.front()) % 4;
    bytes.remove_prefix(1);
    const auto taken = bytes.substr(0, std::min<std::size_t>(bytes.size(), 16));
    bytes.remove_prefix(taken.size());
    if (kind == 0) values.emplace_back();
    if (kind == 1)
      values.emplace_back(static_cast<std::int64_t>(std::hash<std::string_view>{}(taken)));
    if (kind == 2) values.emplace_back(std::string(taken));
    if (kind == 3) {
      Uuid id;
      std::ranges::copy(taken, id.bytes.begin());
      values.emplace_back(id);
    }
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto half = text.size() / 2;
  // A stranger's text, for any question.
  const auto forged = data::read_cursor(key(), text.substr(half), text.substr(0, half));
  TENON_ASSERT(!forged && forged.error().reason() == "query.cursor");
  // Our own, and the same with one bit changed.
  const auto values = values_of(text);
  auto cursor = data::make_cursor(key(), "shape", values);
  const auto read = data::read_cursor(key(), "shape", cursor);
  TENON_ASSERT(values.empty() ? !read : read && *read == values);
  TENON_ASSERT(!data::read_cursor(key(), "another", cursor));
  if (text.empty() || values.empty()) return 0;
  const auto place = static_cast<unsigned char>(text.front()) % cursor.size();
  const char old = cursor[place];
  cursor[place] = old == 'A' ? 'Q' : 'A';
  const auto changed = data::read_cursor(key(), "shape", cursor);
  // The last character may carry bits that stand for nothing.
  TENON_ASSERT(!changed || (place + 1 == cursor.size() && *changed == values));
  return 0;
}
