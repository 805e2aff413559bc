#pragma once
// Where the bytes of files lie: a store of blobs named by the SHA-256 of their content. Which blobs
// are wanted is said by the database alone; the store only keeps, gives and removes.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "base/hash.h"

namespace tenon::data {

/// Bytes of a blob, readable at any place. Stays readable when the blob is removed meanwhile.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// Fills `out` from `offset`; gives the number of bytes, fewer only at the end. Blocks.
  [[nodiscard]] virtual Result<std::size_t> read(std::uint64_t offset,
                                                 std::span<std::uint8_t> out) = 0;
};

/// A blob on its way in. Without place() nothing of it stays. Thread: one. Blocks.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  /// Errors: exhausted (`files.disk`: no room), unavailable (`files.store`).
  [[nodiscard]] virtual Result<> write(std::span<const std::uint8_t> data) = 0;
  /// Makes what was written durable, still without a name. Requires: the last write().
  [[nodiscard]] virtual Result<> seal() = 0;
  /// Gives it its name, durably; when there is one of the name already, that one stays.
  /// Requires: seal().
  [[nodiscard]] virtual Result<> place(const Digest& sha256) = 0;
};

/// Thread: any. Errors: unavailable (`files.store`).
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<BlobWriter>> begin() = 0;
  /// Errors: not_found (`files.missing`).
  [[nodiscard]] virtual Result<std::unique_ptr<BlobReader>> open(const Digest& sha256) = 0;
  /// Durable or not: a removed blob that comes back is an orphan again. Not an error when missing.
  [[nodiscard]] virtual Result<> remove(const Digest& sha256) = 0;
  [[nodiscard]] virtual Result<> each(const std::function<Result<>(const Digest&)>& visit) = 0;
  /// Removes what unfinished writers left longer than `age` ago.
  [[nodiscard]] virtual Result<std::uint64_t> sweep_unfinished(std::chrono::seconds age) = 0;
};

/// A directory on this machine: `ab/cdef…` by the hexadecimal digest, `new/` for unfinished ones.
/// Made when it is first written to.
[[nodiscard]] std::unique_ptr<BlobStore> make_local_store(std::filesystem::path directory);

}  // namespace tenon::data
