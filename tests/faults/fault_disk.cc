#include "fault_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace tenon::testing {
namespace {

struct FaultFile {
  sqlite3_file base;
  FaultDisk* disk;
  std::string* path;  // owned; a plain struct lies in memory that SQLite gives
  bool kept;          // whether what is written outlives the process: not the index in memory
  sqlite3_file* real;
};

FaultFile& of(sqlite3_file* file) { return *reinterpret_cast<FaultFile*>(file); }

FaultDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<FaultDisk*>(vfs->pAppData); }

int code_of(Call call, Fault fault) {
  switch (call) {
    case Call::open:
      return SQLITE_CANTOPEN;
    case Call::read:
      return fault == Fault::short_read ? SQLITE_IOERR_SHORT_READ : SQLITE_IOERR_READ;
    case Call::write:
      if (fault == Fault::full) return SQLITE_FULL;
      return fault == Fault::readonly ? SQLITE_READONLY : SQLITE_IOERR_WRITE;
    case Call::sync:
      return SQLITE_IOERR_FSYNC;
    case Call::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case Call::remove:
      return SQLITE_IOERR_DELETE;
    case Call::lock:
      return fault == Fault::busy ? SQLITE_BUSY : SQLITE_IOERR_LOCK;
    case Call::map:
      return SQLITE_IOERR_SHMMAP;
    case Call::size:
      return SQLITE_IOERR_FSTAT;
  }
  return SQLITE_IOERR;
}

}  // namespace

/// The functions that SQLite calls.
struct FaultCalls {
  static int close(sqlite3_file* file) {
    auto& mine = of(file);
    const int code = mine.real->pMethods->xClose(mine.real);
    delete std::exchange(mine.path, nullptr);
    return code;
  }
  static int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    auto& mine = of(file);
    if (const int code = mine.disk->before(Call::read); code != SQLITE_OK) {
      if (code == SQLITE_IOERR_SHORT_READ) std::memset(out, 0, static_cast<std::size_t>(size));
      return code;
    }
    return mine.real->pMethods->xRead(mine.real, out, size, offset);
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    auto& mine = of(file);
    if (const int code = mine.disk->before(Call::write); code != SQLITE_OK) return code;
    const auto at = static_cast<std::uint64_t>(offset);
    const auto length = static_cast<std::size_t>(size);
    if (const int code = mine.disk->before_write(*mine.path, at + length); code != SQLITE_OK)
      return code;
    const int code = mine.real->pMethods->xWrite(mine.real, data, size, offset);
    if (code == SQLITE_OK && mine.kept)
      mine.disk->note({.kind = DiskOperation::Kind::write,
                       .file = *mine.path,
                       .offset = at,
                       .bytes = std::string(static_cast<const char*>(data), length)});
    return code;
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto& mine = of(file);
    if (const int code = mine.disk->before(Call::truncate); code != SQLITE_OK) return code;
    const int code = mine.real->pMethods->xTruncate(mine.real, size);
    if (code != SQLITE_OK || !mine.kept) return code;
    mine.disk->forget_size(*mine.path, static_cast<std::uint64_t>(size));
    mine.disk->note({.kind = DiskOperation::Kind::truncate,
                     .file = *mine.path,
                     .offset = static_cast<std::uint64_t>(size)});
    return code;
  }
  static int sync(sqlite3_file* file, int flags) {
    auto& mine = of(file);
    if (const int code = mine.disk->before(Call::sync); code != SQLITE_OK) return code;
    if (mine.disk->swallow_syncs_) return SQLITE_OK;
    const int code = mine.real->pMethods->xSync(mine.real, flags);
    if (code == SQLITE_OK && mine.kept)
      mine.disk->note({.kind = DiskOperation::Kind::sync, .file = *mine.path});
    return code;
  }
  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    auto& mine = of(file);
    if (const int code = mine.disk->before(Call::size); code != SQLITE_OK) return code;
    return mine.real->pMethods->xFileSize(mine.real, size);
  }
  static int lock(sqlite3_file* file, int level) {
    auto& mine = of(file);
    if (const int code = mine.disk->before(Call::lock); code != SQLITE_OK) return code;
    return mine.real->pMethods->xLock(mine.real, level);
  }
  static int unlock(sqlite3_file* file, int level) {
    return of(file).real->pMethods->xUnlock(of(file).real, level);
  }
  static int check_reserved(sqlite3_file* file, int* out) {
    return of(file).real->pMethods->xCheckReservedLock(of(file).real, out);
  }
  static int control(sqlite3_file* file, int what, void* argument) {
    return of(file).real->pMethods->xFileControl(of(file).real, what, argument);
  }
  static int sector(sqlite3_file* file) {
    return of(file).real->pMethods->xSectorSize(of(file).real);
  }
  static int device(sqlite3_file* file) {
    return of(file).real->pMethods->xDeviceCharacteristics(of(file).real);
  }
  static int map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    auto& mine = of(file);
    if (const int code = mine.disk->before(Call::map); code != SQLITE_OK) return code;
    return mine.real->pMethods->xShmMap(mine.real, page, size, extend, out);
  }
  static int map_lock(sqlite3_file* file, int offset, int count, int flags) {
    auto& mine = of(file);
    if ((flags & SQLITE_SHM_LOCK) != 0)
      if (const int code = mine.disk->before(Call::lock); code != SQLITE_OK) return code;
    return mine.real->pMethods->xShmLock(mine.real, offset, count, flags);
  }
  static void map_barrier(sqlite3_file* file) {
    of(file).real->pMethods->xShmBarrier(of(file).real);
  }
  static int unmap(sqlite3_file* file, int remove) {
    return of(file).real->pMethods->xShmUnmap(of(file).real, remove);
  }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* given) {
    auto& mine = of(file);
    auto& disk = disk_of(vfs);
    mine.base.pMethods = nullptr;
    if (const int code = disk.before(Call::open); code != SQLITE_OK) return code;
    int there = 0;
    if (path != nullptr) disk.real_->xAccess(disk.real_, path, SQLITE_ACCESS_EXISTS, &there);
    mine.disk = &disk;
    mine.real = reinterpret_cast<sqlite3_file*>(&mine + 1);
    const int code = disk.real_->xOpen(disk.real_, path, mine.real, flags, given);
    if (code != SQLITE_OK) return code;
    mine.path = new std::string(path != nullptr ? path : "");
    mine.kept = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    static const sqlite3_io_methods kMethods = methods();
    mine.base.pMethods = &kMethods;
    if (there == 0 && mine.kept)
      disk.note({.kind = DiskOperation::Kind::create,
                 .file = *mine.path,
                 .durable = (flags & SQLITE_OPEN_MAIN_DB) != 0});
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    auto& disk = disk_of(vfs);
    if (const int code = disk.before(Call::remove); code != SQLITE_OK) return code;
    const int code = disk.real_->xDelete(disk.real_, path, sync_directory);
    if (code != SQLITE_OK) return code;
    disk.forget_size(path, 0);
    disk.note({.kind = DiskOperation::Kind::remove,
               .file = path,
               .durable = sync_directory != 0 && !disk.swallow_syncs_});
    return code;
  }

  static sqlite3_io_methods methods() {
    sqlite3_io_methods made{};
    made.iVersion = 2;
    made.xClose = &close;
    made.xRead = &read;
    made.xWrite = &write;
    made.xTruncate = &truncate;
    made.xSync = &sync;
    made.xFileSize = &file_size;
    made.xLock = &lock;
    made.xUnlock = &unlock;
    made.xCheckReservedLock = &check_reserved;
    made.xFileControl = &control;
    made.xSectorSize = &sector;
    made.xDeviceCharacteristics = &device;
    made.xShmMap = &map;
    made.xShmLock = &map_lock;
    made.xShmBarrier = &map_barrier;
    made.xShmUnmap = &unmap;
    return made;
  }
};

FaultDisk::FaultDisk() : vfs_(sizeof(sqlite3_vfs)) {
  if (sqlite3_initialize() != SQLITE_OK) std::terminate();
  real_ = sqlite3_vfs_find(nullptr);
  auto* vfs = reinterpret_cast<sqlite3_vfs*>(vfs_.data());
  *vfs = *real_;
  vfs->zName = "fault";
  vfs->pNext = nullptr;
  vfs->pAppData = this;
  vfs->szOsFile = static_cast<int>(sizeof(FaultFile)) + real_->szOsFile;
  vfs->xOpen = &FaultCalls::open;
  vfs->xDelete = &FaultCalls::remove;
  if (sqlite3_vfs_register(vfs, 1) != SQLITE_OK) std::terminate();
}

FaultDisk::~FaultDisk() {
  sqlite3_vfs_unregister(reinterpret_cast<sqlite3_vfs*>(vfs_.data()));
  sqlite3_vfs_register(real_, 1);
}

void FaultDisk::arm(FaultPlan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
  calls_ = 0;
  failed_ = 0;
  first_failed_.reset();
}

void FaultDisk::disarm() {
  const std::lock_guard lock(mutex_);
  plan_.reset();
}

std::optional<Call> FaultDisk::first_failed() const {
  const std::lock_guard lock(mutex_);
  return first_failed_;
}

int FaultDisk::before(Call call) {
  const std::lock_guard lock(mutex_);
  if (!plan_ || (plan_->only && *plan_->only != call)) return SQLITE_OK;
  const auto count = ++calls_;
  const bool fails = plan_->repeat == Repeat::once ? count == plan_->nth : count >= plan_->nth;
  if (!fails) return SQLITE_OK;
  ++failed_;
  if (!first_failed_) first_failed_ = call;
  return code_of(call, plan_->fault);
}

void FaultDisk::set_space(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  space_ = bytes;
}

int FaultDisk::before_write(std::string_view file, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  auto found = sizes_.find(file);
  if (found == sizes_.end()) found = sizes_.emplace(std::string(file), 0).first;
  if (end <= found->second) return SQLITE_OK;
  const auto more = end - found->second;
  if (space_ && *space_ < more) return SQLITE_FULL;
  if (space_) *space_ -= more;
  found->second = end;
  return SQLITE_OK;
}

void FaultDisk::forget_size(const std::string& file, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  auto& known = sizes_[file];
  if (space_ && size < known) *space_ += known - size;
  known = size;
}

void FaultDisk::record() {
  const std::lock_guard lock(mutex_);
  log_.clear();
  recording_ = true;
}

std::vector<DiskOperation> FaultDisk::take_record() {
  const std::lock_guard lock(mutex_);
  recording_ = false;
  return std::exchange(log_, {});
}

std::size_t FaultDisk::position() const {
  const std::lock_guard lock(mutex_);
  return log_.size();
}

void FaultDisk::note(DiskOperation operation) {
  const std::lock_guard lock(mutex_);
  if (recording_) log_.push_back(std::move(operation));
}

}  // namespace tenon::testing
