#include "data/number_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tenon::data {
namespace {

constexpr std::size_t kMaxBytes = 64;
constexpr std::size_t kMaxDigits = 18;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Error(ErrorCode::invalid, fmt::format("The number format is wrong: {}.", what))
                  .because("number.format"));
}

std::chrono::year_month_day day_of(Timestamp now) {
  return std::chrono::floor<std::chrono::days>(now);
}

}  // namespace

bool NumberFormat::has(Part part) const noexcept {
  return std::ranges::any_of(pieces_, [part](const Piece& one) { return one.part == part; });
}

Result<NumberFormat> NumberFormat::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return wrong("it is too long");
  NumberFormat format;
  int numbers = 0;
  std::string literal;
  const auto add = [&](Piece piece) {
    if (!literal.empty())
      format.pieces_.push_back({.part = Part::literal, .literal = std::exchange(literal, {})});
    if (piece.part != Part::literal) format.pieces_.push_back(std::move(piece));
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '}')
      return wrong("a character in it is not allowed");
    if (c != '{') {
      literal += c;
      continue;
    }
    const auto end = text.find('}', at);
    if (end == std::string_view::npos) return wrong("\"{\" is not closed");
    const auto word = text.substr(at + 1, end - at - 1);
    at = end;
    if (word == "yyyy") {
      add({.part = Part::year, .literal = {}});
    } else if (word == "yy") {
      add({.part = Part::short_year, .literal = {}});
    } else if (word == "mm") {
      add({.part = Part::month, .literal = {}});
    } else if (word == "dd") {
      add({.part = Part::day, .literal = {}});
    } else if (!word.empty() && word.size() <= kMaxDigits &&
               word.find_first_not_of('0') == std::string_view::npos) {
      add({.part = Part::number, .literal = {}, .digits = static_cast<int>(word.size())});
      ++numbers;
    } else {
      return wrong("{yyyy}, {yy}, {mm}, {dd} and {0000} are known");
    }
  }
  add({});
  if (numbers != 1) return wrong("it needs one place for the number, as {0000}");
  const bool year = format.has(Part::year) || format.has(Part::short_year);
  if ((format.has(Part::month) && !year) || (format.has(Part::day) && !format.has(Part::month)))
    return wrong("numbers would repeat: a month needs a year, a day a month");
  return format;
}

std::string NumberFormat::period(Timestamp now) const {
  const auto day = day_of(now);
  if (!has(Part::year) && !has(Part::short_year)) return {};
  auto text = fmt::format("{:04}", static_cast<int>(day.year()));
  if (has(Part::month)) text += fmt::format("-{:02}", static_cast<unsigned>(day.month()));
  if (has(Part::day)) text += fmt::format("-{:02}", static_cast<unsigned>(day.day()));
  return text;
}

std::string NumberFormat::text(std::int64_t number, Timestamp now) const {
  const auto day = day_of(now);
  std::string out;
  for (const auto& piece : pieces_) switch (piece.part) {
      case Part::literal:
        out += piece.literal;
        break;
      case Part::year:
        out += fmt::format("{:04}", static_cast<int>(day.year()));
        break;
      case Part::short_year:
        out += fmt::format("{:02}", static_cast<int>(day.year()) % 100);
        break;
      case Part::month:
        out += fmt::format("{:02}", static_cast<unsigned>(day.month()));
        break;
      case Part::day:
        out += fmt::format("{:02}", static_cast<unsigned>(day.day()));
        break;
      case Part::number:
        out += fmt::format("{:0{}}", number, piece.digits);
        break;
    }
  return out;
}

}  // namespace tenon::data
