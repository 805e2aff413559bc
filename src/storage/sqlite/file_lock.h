#pragma once
// Two processes may write one SQLite file in turn, but what a server keeps in memory of a tenant
// (its catalog, the events that are out) is true only while it is alone. So who opens a file for
// writing holds a lock beside it, which the system gives back when the process dies. Those who
// say that they keep nothing in memory may hold it together.

#include <string>

#include "base/error.h"
#include "storage/database.h"

namespace tenon::storage::sqlite {

/// Thread: one at a time. Movable.
class FileLock {
 public:
  /// Locks `<file>-lock`. Blocks for at most a second. Errors: unavailable (`storage.locked`,
  /// `storage.open`), each with the file's name.
  [[nodiscard]] static Result<FileLock> take(const std::string& file, Sharing sharing);

  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int handle) noexcept : handle_(handle) {}
  int handle_ = -1;
};

}  // namespace tenon::storage::sqlite
