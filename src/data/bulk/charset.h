#pragma once
// What comes as a stream in some encoding becomes UTF-8, or is refused where it stops being that.
// Spreadsheets of Chinese systems save CSV as GB18030 (GBK) unless told otherwise; a stream that is
// not what it is said to be is never guessed at, since that garbles names silently.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon::data {

enum class Charset : std::uint8_t { utf8, gb18030 };
/// By its IANA name, without case: `utf-8`, `gb18030`, `gbk`, `gb2312` (both are parts of the
/// first).
[[nodiscard]] std::optional<Charset> charset_from(std::string_view name);

/// Thread: one.
class ToUtf8 {
 public:
  explicit ToUtf8(Charset charset);
  ToUtf8(ToUtf8&&) noexcept;
  ~ToUtf8();

  /// Appends what `bytes` give; a character that is cut waits for the next. Errors: invalid
  /// (`csv.encoding`) with what to do.
  [[nodiscard]] Result<> feed(std::string_view bytes, std::string& out);
  /// The end of the stream. Errors: as feed(), for a character that is cut.
  [[nodiscard]] Result<> finish(std::string& out);

 private:
  struct Converter;
  [[nodiscard]] Result<> convert(std::string_view bytes, std::string& out, bool at_end);

  std::string left_;  // UTF-8: of a character that is cut
  bool begun_ = false;
  std::unique_ptr<Converter> converter_;  // null: UTF-8 is only looked at
};

}  // namespace tenon::data
