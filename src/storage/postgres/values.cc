#include "storage/postgres/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace tenon::storage::postgres {
namespace {

// Type numbers of the server's catalog, fixed since the types exist.
constexpr Oid kBool = 16;
constexpr Oid kBytes = 17;
constexpr Oid kChar = 18;
constexpr Oid kName = 19;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kOid = 26;
constexpr Oid kJson = 114;
constexpr Oid kVarchar = 1043;
constexpr Oid kVoid = 2278;
constexpr Oid kUuid = 2950;
constexpr std::array kReadable{kBool, kBytes, kChar, kName,    kInt8, kInt2, kInt4,
                               kText, kOid,   kJson, kVarchar, kVoid, kUuid};

constexpr int kTextForm = 0;
constexpr int kBinaryForm = 1;

/// Big-endian, sign extended.
std::int64_t number(std::string_view bytes) noexcept {
  if (bytes.empty()) return 0;
  auto value = static_cast<std::uint64_t>(
      static_cast<std::int64_t>(static_cast<signed char>(bytes.front())));
  for (const char byte : bytes.substr(1)) value = value << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

std::string big_endian(std::int64_t number) {
  std::string bytes(8, '\0');
  auto value = static_cast<std::uint64_t>(number);
  for (std::size_t i = 8; i-- > 0; value >>= 8U) bytes[i] = static_cast<char>(value & 0xffU);
  return bytes;
}

}  // namespace

Parameters::Parameters(Values values, std::span<const Oid> types) {
  TENON_ASSERT(values.size() == types.size());
  data_.reserve(values.size());
  lengths_.reserve(values.size());
  formats_.reserve(values.size());
  kept_.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) add(values[i], types[i]);
}

void Parameters::add(const Value& value, Oid type) {
  const auto push = [this](const char* data, std::size_t length, int form) {
    data_.push_back(data);
    lengths_.push_back(static_cast<int>(length));
    formats_.push_back(form);
  };
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    // Other numbers than bigint are read by the server, which checks their range.
    const bool plain = type == kInt8;
    kept_.push_back(plain ? big_endian(*integer) : std::to_string(*integer));
    push(kept_.back().c_str(), kept_.back().size(), plain ? kBinaryForm : kTextForm);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    // The text form ends at a NUL and the data need not have one, so text columns take the binary
    // form, which is the same bytes; anything else is read by the server from a copy.
    if (type == kText || type == kVarchar || type == kName || type == kJson) {
      push(text->data() == nullptr ? "" : text->data(), text->size(), kBinaryForm);
    } else {
      kept_.emplace_back(*text);
      push(kept_.back().c_str(), kept_.back().size(), kTextForm);
    }
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    const auto* data = reinterpret_cast<const char*>(blob->data());
    push(data == nullptr ? "" : data, blob->size(), kBinaryForm);
  } else {
    push(nullptr, 0, kBinaryForm);
  }
}

Result<> check_columns(const PGresult* description) {
  for (int i = 0; i < PQnfields(description); ++i)
    if (std::ranges::find(kReadable, PQftype(description, i)) == kReadable.end())
      return fail(Error(ErrorCode::internal, "The database answered with an unknown type.")
                      .because("storage.type")
                      .in_context(fmt::format("column {} has type {}", PQfname(description, i),
                                              PQftype(description, i))));
  return {};
}

std::string_view ResultRow::bytes(int column) const noexcept {
  if (PQgetisnull(result_, row_, column) != 0) return {};
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::int64_t ResultRow::integer(int column) const noexcept {
  switch (PQftype(result_, column)) {
    case kBool:
    case kInt2:
    case kInt4:
    case kInt8:
      return number(bytes(column));
    case kOid:
      return number(bytes(column)) & 0xffffffff;
    default:
      return 0;
  }
}

std::string_view ResultRow::text(int column) const noexcept {
  switch (PQftype(result_, column)) {
    case kText:
    case kVarchar:
    case kName:
    case kJson:
    case kChar:
      return bytes(column);
    default:
      return {};
  }
}

Blob ResultRow::blob(int column) const noexcept {
  const auto found = bytes(column);
  return {reinterpret_cast<const std::uint8_t*>(found.data()), found.size()};
}

}  // namespace tenon::storage::postgres
