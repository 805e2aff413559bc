#pragma once
// What a database promises about disks can only be shown on a disk that fails on order. This one is
// a VFS of SQLite around the ordinary one: it can fail the n-th call, run out of space, and write
// down all that it was told, so that a power cut after any of it can be acted out
// (power_cut.h).

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_vfs;

namespace tenon::testing {

enum class Call : std::uint8_t { open, read, write, sync, truncate, remove, lock, map, size };
inline constexpr std::size_t kCalls = 9;

/// What a failing call answers; a call for which a kind makes no sense fails with an I/O error.
enum class Fault : std::uint8_t { io, full, readonly, short_read, busy };
enum class Repeat : std::uint8_t { once, for_ever };

struct FaultPlan {
  std::uint64_t nth = 1;  // counted from the moment of arming, from 1
  Repeat repeat = Repeat::once;
  Fault fault = Fault::io;
  std::optional<Call> only;  // count and fail these calls alone
};

/// One thing the disk was told, in order.
struct DiskOperation {
  enum class Kind : std::uint8_t { create, write, truncate, sync, remove };
  Kind kind = Kind::write;
  std::string file;          // path
  std::uint64_t offset = 0;  // write; truncate: the new size
  std::string bytes;         // write
  bool durable = false;      // create: the entry is; remove: so is its end
};

/// The default VFS of this process for as long as it lives. Thread: any.
class FaultDisk {
 public:
  FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;
  ~FaultDisk();

  void arm(FaultPlan plan);
  void disarm();
  /// Calls that were failed since arm().
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
  /// The first of them.
  [[nodiscard]] std::optional<Call> first_failed() const;
  /// Calls since arm(), failed ones included.
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }

  /// From now on files may grow by `bytes` in all; empty: without bound.
  void set_space(std::optional<std::uint64_t> bytes);

  void record();
  /// What was told since record(). Requires: nobody writes meanwhile.
  [[nodiscard]] std::vector<DiskOperation> take_record();
  [[nodiscard]] std::size_t position() const;

  /// A planted fault: syncs are answered and not done, as under `synchronous = OFF`.
  void swallow_syncs(bool yes) noexcept { swallow_syncs_ = yes; }

 private:
  friend struct FaultCalls;
  /// The result code with which a call fails, or 0.
  [[nodiscard]] int before(Call call);
  [[nodiscard]] int before_write(std::string_view file, std::uint64_t end);
  void note(DiskOperation operation);
  void forget_size(const std::string& file, std::uint64_t size);

  sqlite3_vfs* real_ = nullptr;
  std::vector<char> vfs_;  // a sqlite3_vfs, whose type stays out of this header

  mutable std::mutex mutex_;
  std::optional<FaultPlan> plan_;
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::optional<Call> first_failed_;
  std::optional<std::uint64_t> space_;
  std::map<std::string, std::uint64_t, std::less<>> sizes_;
  bool recording_ = false;
  std::vector<DiskOperation> log_;
  std::atomic<bool> swallow_syncs_ = false;
};

}  // namespace tenon::testing
