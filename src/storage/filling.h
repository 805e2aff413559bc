#pragma once
// Database files that are not in use: one that is being filled, one that is only read, and a copy
// of one that is in use. A file that is being filled is nobody's until it gets its name, so it is
// written without the care that a living one needs, and a crash leaves something to throw away.

#include <cstdint>
#include <memory>
#include <string>

#include "storage/session.h"

namespace tenon::storage {

/// A database that is being filled, in one long transaction that is cut where the caller likes.
/// References are not enforced until finish(). Thread: one at a time. Lifetime: dropping it leaves
/// what was committed.
class Filling {
 public:
  virtual ~Filling() = default;
  [[nodiscard]] virtual Session& session() noexcept = 0;
  /// Keeps what was written and goes on: memory stays bounded.
  [[nodiscard]] virtual Result<> commit() = 0;
  /// Checks all references and commits, as the last. The caller makes the file durable. Errors:
  /// conflict (`storage.foreign_key`).
  [[nodiscard]] virtual Result<> finish() = 0;
};

/// Makes the file, or opens the one that is there. Requires: nobody else has it open.
[[nodiscard]] Result<std::unique_ptr<Filling>> fill_sqlite(const std::string& file,
                                                           std::uint32_t format);
/// A reader of one moment. Errors: unavailable (`storage.corrupt`, `storage.format`), with the
/// file's name.
[[nodiscard]] Result<std::unique_ptr<Session>> read_sqlite(const std::string& file,
                                                           std::uint32_t newest_format);

/// Writes the file `from` as of one moment to the new file `to`, while others write to it. They
/// are not held up; their log is not reset meanwhile. Cost: reads and writes the whole file.
[[nodiscard]] Result<> copy_sqlite(const std::string& from, const std::string& to);

/// Makes the bytes of a file, and its name, durable. Errors: unavailable (`storage.sync`).
[[nodiscard]] Result<> sync_file(const std::string& file);
[[nodiscard]] Result<> sync_folder(const std::string& folder);

}  // namespace tenon::storage
