#include "data/bulk/charset.h"

#include <unicode/ucnv.h>

#include <array>

#include "base/utf8.h"

namespace tenon::data {
namespace {

constexpr std::size_t kCut = 3;  // bytes of a character whose last is missing

struct Close {
  void operator()(UConverter* converter) const noexcept { ucnv_close(converter); }
};
using Handle = std::unique_ptr<UConverter, Close>;

Handle open(const char* name) {
  UErrorCode error = U_ZERO_ERROR;
  Handle handle(ucnv_open(name, &error));
  // What is no text must stop the stream, not become a replacement character.
  if (handle)
    ucnv_setToUCallBack(handle.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  return U_FAILURE(error) != 0 ? nullptr : std::move(handle);
}

std::unexpected<Error> wrong(std::string message) {
  return fail(Error(ErrorCode::invalid, std::move(message)).because("csv.encoding"));
}

std::unexpected<Error> not_utf8() {
  return wrong(
      "The file is not UTF-8. Save it as \"CSV UTF-8\", or say its encoding: Content-Type: "
      "text/csv; charset=gb18030.");
}

}  // namespace

std::optional<Charset> charset_from(std::string_view name) {
  std::string lower;
  for (const char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (lower == "utf-8" || lower == "utf8") return Charset::utf8;
  for (const std::string_view known : {"gb18030", "gbk", "gb2312", "cp936"})
    if (lower == known) return Charset::gb18030;
  return std::nullopt;
}

struct ToUtf8::Converter {
  Handle from = open("gb18030"), to = open("UTF-8");
  std::array<UChar, 4096> pivot{};
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
};

ToUtf8::ToUtf8(Charset charset)
    : converter_(charset == Charset::gb18030 ? std::make_unique<Converter>() : nullptr) {}
ToUtf8::ToUtf8(ToUtf8&&) noexcept = default;
ToUtf8::~ToUtf8() = default;

Result<> ToUtf8::feed(std::string_view bytes, std::string& out) {
  if (converter_) return convert(bytes, out, false);
  if (!begun_ && left_.size() + bytes.size() >= 2) {
    const auto head = (left_ + std::string(bytes.substr(0, 2))).substr(0, 2);
    if (head == "\xFF\xFE" || head == "\xFE\xFF")
      return wrong("The file is UTF-16 (\"Unicode text\"). Save it as \"CSV UTF-8\".");
    begun_ = true;
  }
  left_ += bytes;
  auto good = utf8::first_invalid_byte(left_).value_or(left_.size());
  if (left_.size() - good > kCut) return not_utf8();
  out.append(left_, 0, good);
  left_.erase(0, good);
  return {};
}

Result<> ToUtf8::finish(std::string& out) {
  if (converter_) return convert({}, out, true);
  return left_.empty() ? Result<>() : Result<>(not_utf8());
}

Result<> ToUtf8::convert(std::string_view bytes, std::string& out, bool at_end) {
  auto& with = *converter_;
  if (!with.from || !with.to) return fail(ErrorCode::internal, "ICU has no GB18030");
  const char* source = bytes.empty() ? "" : bytes.data();  // ICU refuses a null pointer
  const char* const source_end = source + bytes.size();
  std::array<char, 8192> piece{};
  for (;;) {
    char* target = piece.data();
    UErrorCode error = U_ZERO_ERROR;
    ucnv_convertEx(with.to.get(), with.from.get(), &target, piece.data() + piece.size(), &source,
                   source_end, with.pivot.data(), &with.pivot_source, &with.pivot_target,
                   with.pivot.data() + with.pivot.size(), false, static_cast<UBool>(at_end),
                   &error);
    out.append(piece.data(), target);
    if (error == U_BUFFER_OVERFLOW_ERROR) continue;
    if (U_FAILURE(error) != 0)
      return wrong("The file is not GB18030 (GBK) as it is said to be. Save it as \"CSV UTF-8\".");
    return {};
  }
}

}  // namespace tenon::data
