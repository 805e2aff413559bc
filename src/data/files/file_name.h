#pragma once
// The name of a file is data: it is shown and handed back, and never becomes a path. It is cleaned
// all the same, since whoever saves the file puts it into a path of his own.

#include <string>
#include <string_view>

namespace tenon::data {

inline constexpr std::size_t kMaxFileName = 200;  // bytes

/// The last part of `name` without control characters, characters that are special in paths,
/// leading dots and trailing dots or spaces, and without signs that turn the direction of text (a
/// name must not hide its ending); NFC, at most kMaxFileName bytes with the ending kept. `file`
/// when nothing is left.
[[nodiscard]] std::string clean_file_name(std::string_view name);

}  // namespace tenon::data
