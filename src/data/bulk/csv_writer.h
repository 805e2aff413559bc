#pragma once
// Cells as RFC 4180 wants them, and the guard against spreadsheets that take a text for a formula.
//
// Nothing at all is an empty cell; an empty text is `""`. A guarded text that a spreadsheet would
// run (it starts with = + - @ TAB or CR and is no plain number) gets an apostrophe in front; one
// that starts with apostrophes and then such a sign gets one more, so that unguarded() undoes it
// exactly.

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::data {

enum class Guard : std::uint8_t { formulas, none };

/// `-12`, `+3.5`, `1e5`: what a spreadsheet reads as a number and nothing else.
[[nodiscard]] bool is_plain_number(std::string_view text) noexcept;
[[nodiscard]] std::string guarded(std::string_view text);
[[nodiscard]] std::string_view unguarded(std::string_view text) noexcept;

/// Appends a text cell. Requires: the separator is a comma.
void write_cell(std::string& out, std::string_view text, Guard guard);

}  // namespace tenon::data
