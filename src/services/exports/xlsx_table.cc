#include "services/exports/xlsx_table.h"

#include <fmt/format.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "base/date.h"
#include "base/utf8.h"
#include "data/bulk/json_parts.h"

namespace tenon::services {
namespace {

using data::FieldType;

constexpr std::size_t kExactDigits = 15;
constexpr std::size_t kLongestSheetName = 28;  // code points, with room for a number behind them
constexpr int kFirstYear = 1900;

struct Free {
  void operator()(lxw_workbook* workbook) const noexcept { lxw_workbook_free(workbook); }
};
using Workbook = std::unique_ptr<lxw_workbook, Free>;

std::unexpected<Error> failed(lxw_error error) {
  return fail(Error(ErrorCode::unavailable, "The workbook cannot be written; try again later.")
                  .because("files.store")
                  .in_context(lxw_strerror(error)));
}

/// A name that spreadsheets take: at most 31 characters, none of `[]:*?/\`, no apostrophe at an
/// end.
std::string sheet_name(std::string_view wanted) {
  std::string name;
  for (const char c : wanted)
    if (std::string_view("[]:*?/\\'").find(c) == std::string_view::npos &&
        static_cast<unsigned char>(c) >= 0x20)
      name += c;
  if (!utf8::is_valid(name)) name.clear();
  while (utf8::count_code_points(name) > kLongestSheetName)
    name = utf8::truncated(name, name.size() - 1);
  return name.empty() ? "Sheet" : name;
}

/// XML 1.0 has no U+FFFE and U+FFFF; other control characters are escaped by the library.
std::string fit_for_xml(std::string text) {
  for (const std::string_view bad : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (auto at = text.find(bad); at != std::string::npos; at = text.find(bad, at))
      text.replace(at, bad.size(), "\xEF\xBF\xBD");
  return text;
}

bool is_exact(std::string_view number) noexcept {
  const auto digits = std::ranges::count_if(number, [](char c) { return c >= '0' && c <= '9'; });
  const bool plain = number.find_first_not_of("-.0123456789") == std::string_view::npos;
  return plain && digits > 0 && static_cast<std::size_t>(digits) <= kExactDigits;
}

double to_double(std::string_view number) noexcept {
  double value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);
  return value;
}

/// A day or a moment (RFC 3339, UTC) as the library wants it; empty when its calendar has no such
/// day.
std::optional<lxw_datetime> moment_of(std::string_view text) {
  const auto day = Date::parse(text.substr(0, 10));
  if (!day || static_cast<int>(day->calendar().year()) < kFirstYear) return std::nullopt;
  lxw_datetime made{.year = static_cast<int>(day->calendar().year()),
                    .month = static_cast<int>(static_cast<unsigned>(day->calendar().month())),
                    .day = static_cast<int>(static_cast<unsigned>(day->calendar().day())),
                    .hour = 0,
                    .min = 0,
                    .sec = 0};
  if (text.size() == 10) return made;
  const auto time = from_rfc3339(text);
  if (!time) return std::nullopt;
  const auto since = *time - std::chrono::floor<std::chrono::days>(*time);
  const std::chrono::hh_mm_ss clock(since);
  made.hour = static_cast<int>(clock.hours().count());
  made.min = static_cast<int>(clock.minutes().count());
  made.sec = static_cast<double>(clock.seconds().count()) +
             static_cast<double>(clock.subseconds().count()) / 1e6;
  return made;
}

double width_of(const TableColumn& column) {
  constexpr double kWidest = 60;
  double heading = 2;
  for (const char c : column.heading)  // about: an ideograph is three bytes and two columns wide
    heading += static_cast<unsigned char>(c) < 0x80 ? 1.0 : 0.7;
  double body = 18;
  if (column.type == FieldType::text || column.type == FieldType::json) body = 40;
  if (column.type == FieldType::boolean) body = 8;
  if (column.type == FieldType::date) body = 12;
  if (column.type == FieldType::datetime) body = 20;
  if (column.type == FieldType::string) body = 24;
  return std::min(kWidest, std::max(heading, body));
}

class XlsxTable final : public TableWriter {
 public:
  XlsxTable(Workbook workbook, std::vector<TableColumn> columns, XlsxOptions options)
      : workbook_(std::move(workbook)), columns_(std::move(columns)), options_(std::move(options)) {
    options_.sheet = sheet_name(options_.sheet);
    heading_ = workbook_add_format(workbook_.get());
    format_set_bold(heading_);
    date_ = number_format("yyyy-mm-dd");
    datetime_ = number_format("yyyy-mm-dd hh:mm:ss");
  }

  Result<> begin_sheet() {
    ++sheets_;
    next_ = 0;
    const auto name = sheets_ == 1 ? options_.sheet : fmt::format("{} {}", options_.sheet, sheets_);
    sheet_ = workbook_add_worksheet(workbook_.get(), name.c_str());
    if (sheet_ == nullptr) return failed(LXW_ERROR_MEMORY_MALLOC_FAILED);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto place = static_cast<lxw_col_t>(i);
      TENON_TRY(done(worksheet_set_column(sheet_, place, place, width_of(columns_[i]), nullptr)));
    }
    for (std::size_t i = 0; i < columns_.size(); ++i)
      TENON_TRY(text(i, columns_[i].heading, heading_));
    worksheet_freeze_panes(sheet_, 1, 0);
    next_ = 1;
    return {};
  }

  Result<> row(std::span<const std::string_view> cells) override {
    if (next_ == options_.sheet_rows) TENON_TRY(begin_sheet());
    ++rows_;
    for (std::size_t i = 0; i < cells.size(); ++i) TENON_TRY(cell(i, cells[i]));
    ++next_;
    return {};
  }

  Result<> finish() override {
    // It frees the workbook in any case.
    return done(workbook_close(workbook_.release()));
  }

 private:
  static Result<> done(lxw_error error) {
    if (error == LXW_NO_ERROR) return {};
    return failed(error);
  }
  lxw_format* number_format(const std::string& code) {
    auto*& known = formats_[code];
    if (known == nullptr) {
      known = workbook_add_format(workbook_.get());
      format_set_num_format(known, code.c_str());
    }
    return known;
  }
  lxw_row_t line() const noexcept { return next_; }

  Result<> text(std::size_t column, std::string_view text, lxw_format* format = nullptr) {
    auto shown = fit_for_xml(options_.guard == data::Guard::formulas ? data::guarded(text)
                                                                     : std::string(text));
    // The library takes texts that end with NUL.
    std::erase(shown, '\0');
    const auto error = worksheet_write_string(sheet_, line(), static_cast<lxw_col_t>(column),
                                              shown.c_str(), format);
    if (error == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED)
      return fail(Error(ErrorCode::exhausted,
                        fmt::format("Row {}, \"{}\": a workbook takes at most 32,767 characters in "
                                    "a cell. Choose CSV, or leave the column out.",
                                    rows_, columns_[column].heading))
                      .because("exports.cell"));
    return done(error);
  }

  Result<> cell(std::size_t place, std::string_view raw) {
    if (raw == "null") return {};
    const auto& column = columns_[place];
    const auto at = static_cast<lxw_col_t>(place);
    if (column.type == FieldType::boolean && !raw.starts_with('"'))
      return done(worksheet_write_boolean(sheet_, line(), at, raw == "true", nullptr));
    std::string value(raw);
    if (raw.starts_with('"')) {
      TENON_ASSIGN(read, data::text_of(raw));
      value = std::move(read);
    }
    switch (column.type) {
      case FieldType::integer:
        if (!is_exact(value)) return text(place, value);
        return done(
            worksheet_write_number(sheet_, line(), at, to_double(value), number_format("0")));
      case FieldType::decimal:
      case FieldType::money: {
        if (!is_exact(value)) return text(place, value);
        const auto code =
            column.scale == 0 ? std::string("#,##0") : "#,##0." + std::string(column.scale, '0');
        return done(
            worksheet_write_number(sheet_, line(), at, to_double(value), number_format(code)));
      }
      case FieldType::date:
      case FieldType::datetime: {
        auto moment = moment_of(value);
        if (!moment) return text(place, value);
        auto* format = column.type == FieldType::date ? date_ : datetime_;
        return done(worksheet_write_datetime(sheet_, line(), at, &*moment, format));
      }
      default:
        return text(place, value);
    }
  }

  Workbook workbook_;
  std::vector<TableColumn> columns_;
  XlsxOptions options_;
  std::map<std::string, lxw_format*> formats_;  // by code; the workbook owns them
  lxw_format* heading_ = nullptr;
  lxw_format* date_ = nullptr;
  lxw_format* datetime_ = nullptr;
  lxw_worksheet* sheet_ = nullptr;
  std::uint32_t sheets_ = 0;
  std::uint32_t next_ = 0;  // line of the sheet, from 0
  std::uint64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<TableWriter>> make_xlsx_table(const std::vector<TableColumn>& columns,
                                                     const std::filesystem::path& file,
                                                     const XlsxOptions& options) {
  std::string folder = file.parent_path().string();
  lxw_workbook_options how{
      .constant_memory = LXW_TRUE, .tmpdir = folder.data(), .use_zip64 = LXW_FALSE};
  Workbook workbook(workbook_new_opt(file.c_str(), &how));
  if (!workbook) return failed(LXW_ERROR_MEMORY_MALLOC_FAILED);
  auto table = std::make_unique<XlsxTable>(std::move(workbook), columns, options);
  TENON_TRY(table->begin_sheet());
  return table;
}

}  // namespace tenon::services
