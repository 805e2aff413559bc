#include "storage/sqlite/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

namespace tenon::storage::sqlite {
namespace {

constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kStep = std::chrono::milliseconds(5);

}  // namespace

Result<FileLock> FileLock::take(const std::string& file, Sharing sharing) {
  // Beside the file, not on it: closing any handle of a file drops the locks that SQLite holds on
  // it.
  const int handle = ::open((file + "-lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0)
    return fail(
        Error(ErrorCode::unavailable, fmt::format("{}: cannot be opened for writing.", file))
            .because("storage.open"));
  FileLock lock(handle);
  const int kind = sharing == Sharing::alone ? LOCK_EX : LOCK_SH;
  // A commit that is still on the pool keeps a file open for a moment after its database was
  // dropped.
  const auto patience = std::chrono::steady_clock::now() + kPatience;
  do {
    if (::flock(handle, kind | LOCK_NB) == 0) return lock;
    std::this_thread::sleep_for(kStep);
  } while (std::chrono::steady_clock::now() < patience);
  return fail(Error(ErrorCode::unavailable, fmt::format("{}: another process has it open.", file))
                  .because("storage.locked"));
}

FileLock::FileLock(FileLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
FileLock::~FileLock() {
  if (handle_ >= 0) ::close(handle_);
}

}  // namespace tenon::storage::sqlite
