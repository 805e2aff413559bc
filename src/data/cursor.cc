#include "data/cursor.h"

#include <algorithm>

#include "base/hash.h"

namespace tenon::data {
namespace {

constexpr std::size_t kMac = 16;
constexpr std::size_t kLongest = 8192;

void append_number(std::string& out, std::uint64_t value) {
  for (unsigned shift = 0; shift < 64; shift += 8) out += static_cast<char>(value >> shift & 0xFFU);
}

std::string mac_of(std::string_view key, std::string_view shape, std::string_view payload) {
  std::string text;
  append_number(text, shape.size());
  text.append(shape).append(payload);
  const auto full = hmac_sha256(bytes_of(key), bytes_of(text));
  return {reinterpret_cast<const char*>(full.data()), kMac};
}

/// Reads what append_value wrote. The bytes are ours: their signature was checked before.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  std::string_view take(std::size_t count) {
    TENON_ASSERT(count <= rest_.size());
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const auto bytes = take(8);
    for (std::size_t i = 8; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[i]);
    return value;
  }
  Value value() {
    const char tag = take(1).front();
    if (tag == 'n') return {};
    if (tag == 'i') return static_cast<std::int64_t>(number());
    if (tag == 't') return std::string(take(number()));
    Uuid uuid;
    std::ranges::copy(take(16), uuid.bytes.begin());
    return uuid;
  }

 private:
  std::string_view rest_;
};

void append_value(std::string& out, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out += 'i';
    append_number(out, static_cast<std::uint64_t>(*number));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out += 't';
    append_number(out, text->size());
    out += *text;
  } else if (const auto* uuid = std::get_if<Uuid>(&value)) {
    out += 'u';
    out.append(reinterpret_cast<const char*>(uuid->bytes.data()), uuid->bytes.size());
  } else {
    out += 'n';
  }
}

}  // namespace

std::string make_cursor(std::string_view key, std::string_view shape,
                        const std::vector<Value>& keys) {
  std::string payload;
  for (const auto& value : keys) append_value(payload, value);
  return base64url(bytes_of(mac_of(key, shape, payload) + payload));
}

Result<std::vector<Value>> read_cursor(std::string_view key, std::string_view shape,
                                       std::string_view cursor) {
  const auto bytes = cursor.size() <= kLongest ? from_base64url(cursor) : std::nullopt;
  const bool good =
      bytes && bytes->size() > kMac &&
      equal_in_constant_time(bytes_of(std::string_view(*bytes).substr(0, kMac)),
                             bytes_of(mac_of(key, shape, std::string_view(*bytes).substr(kMac))));
  if (!good) {
    const std::string text = "The cursor does not belong to this question; start again without it.";
    return fail(Error(ErrorCode::invalid, text)
                    .because("query.cursor")
                    .with_field({"/query/after", "cursor", text}));
  }
  std::vector<Value> keys;
  for (Reader reader(std::string_view(*bytes).substr(kMac)); !reader.at_end();)
    keys.push_back(reader.value());
  return keys;
}

}  // namespace tenon::data
