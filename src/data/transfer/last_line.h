#pragma once
// The last line of an archive: `tenon-archive 1 sha256 <64 digits>\n`. It covers every byte before
// it, so `head -c -90 FILE | sha256sum` tells the same.

#include <cstdint>
#include <string>

#include "base/error.h"

namespace tenon::data {

inline constexpr std::size_t kLastLine = 90;

/// Errors: unavailable (`archive.io`).
[[nodiscard]] Result<> write_last_line(const std::string& file);
/// Size of what the line covers. Errors: invalid (`archive.truncated`: it is missing,
/// `archive.format`: it is of a newer version, `archive.corrupt`: it says something else),
/// not_found, each with the file's name.
[[nodiscard]] Result<std::uint64_t> check_last_line(const std::string& file);
/// Copies the first `size` bytes.
[[nodiscard]] Result<> copy_bytes(const std::string& from, const std::string& to,
                                  std::uint64_t size);

}  // namespace tenon::data
