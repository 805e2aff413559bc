#include "data/transfer/last_line.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <functional>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "data/transfer/archive.h"

namespace tenon::data {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::string_view kName = "tenon-archive ";

Error refused(std::string_view reason, const std::string& file, std::string_view what) {
  return Error(ErrorCode::invalid, fmt::format("{}: {}", file, what)).because(std::string(reason));
}

Error broken(const std::string& file, std::string_view what) {
  return Error(ErrorCode::unavailable, fmt::format("{}: {}", file, what)).because("archive.io");
}

Result<std::uint64_t> size_of(std::ifstream& file, const std::string& name) {
  file.seekg(0, std::ios::end);
  const auto size = file.tellg();
  file.seekg(0);
  if (!file || size < 0) return fail(broken(name, "cannot be read."));
  return static_cast<std::uint64_t>(size);
}

Result<> each_piece(std::ifstream& file, const std::string& name, std::uint64_t size,
                    const std::function<Result<>(std::string_view)>& visit) {
  std::vector<char> piece(kPiece);
  while (size > 0) {
    const auto want = std::min<std::uint64_t>(size, piece.size());
    if (!file.read(piece.data(), static_cast<std::streamsize>(want)))
      return fail(broken(name, "cannot be read."));
    TENON_TRY(visit({piece.data(), static_cast<std::size_t>(want)}));
    size -= want;
  }
  return {};
}

Result<std::string> digest_of(std::ifstream& file, const std::string& name, std::uint64_t size) {
  Sha256 hash;
  TENON_TRY(each_piece(file, name, size, [&](std::string_view piece) -> Result<> {
    hash.update(piece);
    return {};
  }));
  return hex(hash.finish());
}

/// Padded, so that every line has one length whatever the number of the format.
std::string line_of(std::uint32_t format, std::string_view digest) {
  return fmt::format("{}{:<3} sha256 {}\n", kName, format, digest);
}

}  // namespace

Result<> write_last_line(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(broken(file, "cannot be read."));
  TENON_ASSIGN(size, size_of(in, file));
  TENON_ASSIGN(digest, digest_of(in, file, size));
  const auto line = line_of(kArchiveFormat, digest);
  TENON_ASSERT(line.size() == kLastLine);
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << line << std::flush;
  if (!out) return fail(broken(file, "cannot be written."));
  return {};
}

Result<std::uint64_t> check_last_line(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::not_found, fmt::format("{}: there is no such archive.", file));
  TENON_ASSIGN(size, size_of(in, file));
  std::string line(kLastLine, '\0');
  if (size > kLastLine) {
    in.seekg(static_cast<std::streamoff>(size - kLastLine));
    in.read(line.data(), static_cast<std::streamsize>(line.size()));
    in.seekg(0);
  }
  if (!in) return fail(broken(file, "cannot be read."));
  if (!line.starts_with(kName) || line.back() != '\n')
    return fail(refused("archive.truncated", file,
                        "truncated, or no archive of Tenon (its last line is missing)."));
  std::uint32_t format = 0;
  const auto* begin = line.data() + kName.size();
  if (std::from_chars(begin, begin + 3, format).ec != std::errc() || format == 0)
    return fail(refused("archive.corrupt", file, "damaged (its last line cannot be read)."));
  if (format > kArchiveFormat)
    return fail(refused("archive.format", file,
                        fmt::format("written by a newer version of Tenon (archive format {}, this "
                                    "one reads up to {}).",
                                    format, kArchiveFormat)));
  const auto covered = size - kLastLine;
  TENON_ASSIGN(digest, digest_of(in, file, covered));
  if (line != line_of(format, digest))
    return fail(refused("archive.corrupt", file, "damaged (its checksum does not hold)."));
  return covered;
}

Result<> copy_bytes(const std::string& from, const std::string& to, std::uint64_t size) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  if (!in) return fail(broken(from, "cannot be read."));
  TENON_TRY(each_piece(in, from, size, [&](std::string_view piece) -> Result<> {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!out) return fail(broken(to, "cannot be written."));
    return {};
  }));
  out.flush();
  if (!out) return fail(broken(to, "cannot be written."));
  return {};
}

}  // namespace tenon::data
