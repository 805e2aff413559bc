#pragma once
// The files of a tenant. Bytes lie in a blob store outside the database, once for equal content;
// rows say which blobs are wanted. A crash at any moment may leave bytes without a row, which the
// sweep removes, but never a row without its bytes:
//
//   1. The bytes are written and synchronised under a name of nobody's.
//   2. A pin is committed: a blob row that says "wanted until …".
//   3. The bytes get their name, durably.
//   4. The row of the file is committed; only now is its id told.
//
// The sweep decides and removes under the writer lease: it takes only blobs without file rows whose
// pin has run out, so an upload that pinned before is safe, and one that pins after writes the
// bytes again.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/deadline.h"
#include "async/task.h"
#include "base/hash.h"
#include "data/catalog.h"
#include "data/files/blob_store.h"
#include "data/viewer.h"

namespace tenon::data {

class Tenant;

using FileId = Id<struct FileTag>;

/// What is known of a stored file.
struct FileInfo {
  FileId id;
  Digest sha256{};
  std::uint64_t size = 0;
  std::string type;  // by content, see sniff.h
  std::string name;  // cleaned, see file_name.h
  std::optional<UserId> created_by;
  std::int64_t created_at = 0;  // microseconds
};

/// A file that a viewer may read.
struct OpenFile {
  FileInfo info;
  std::unique_ptr<BlobReader> content;
};

struct FileLimits {
  std::uint64_t file_bytes = std::uint64_t{25} << 20;    // of one upload
  std::uint64_t tenant_bytes = std::uint64_t{10} << 30;  // of all content, equal content once
  std::chrono::seconds pin{3600};                        // from the end of an upload to its row
  std::chrono::seconds keep_unused{24 * 3600};           // a file that no record names
  std::chrono::seconds unfinished{24 * 3600};            // an upload without a byte or an end
};

/// Thread: any. Lifetime: tenant, clock and random outlive it.
class Files {
 public:
  /// Tells which step was just done; a test ends the process there.
  using Steps = std::function<void(std::string_view)>;
  Files(Tenant& tenant, const Clock& clock, Random& random, std::unique_ptr<BlobStore> store,
        FileLimits limits, Steps steps = {});
  ~Files();

  /// An upload that comes in pieces. Dropping it leaves nothing. Thread: one; it blocks on disk, so
  /// run it on a BlockingPool. Lifetime: Files outlives it.
  class Upload {
   public:
    Upload(Files& files, std::unique_ptr<BlobWriter> writer, std::uint64_t left);
    /// Errors: exhausted (`files.size`: one file, `files.quota`: the tenant; details name the
    /// limit), those of BlobWriter.
    [[nodiscard]] Result<> write(std::span<const std::uint8_t> data);
    /// Synchronises, names and records the file. It belongs to no record yet; one has to name it
    /// within `keep_unused`. Errors: exhausted (`files.quota`), those of the store and of a commit.
    [[nodiscard]] Task<FileInfo> finish(Viewer viewer, std::string name, Deadline deadline);

   private:
    Files& files_;
    std::unique_ptr<BlobWriter> writer_;
    Sha256 hash_;
    std::string head_;
    std::uint64_t size_ = 0;
    std::uint64_t left_;  // of the tenant's quota when it began
  };
  [[nodiscard]] Result<Upload> begin();

  /// The file in `field` of a record, for who may read that record and field. Errors: not_found for
  /// a record, field or file that is not there or not for this viewer; invalid (`query.field`…) for
  /// a field that holds no file.
  [[nodiscard]] Result<OpenFile> open_for(const Viewer& viewer, const EntityInfo& entity,
                                          RecordId record, std::string_view field);

  struct Swept {
    std::uint64_t files = 0;       // rows that no record named
    std::uint64_t blobs = 0;       // content that no row named
    std::uint64_t unfinished = 0;  // uploads that ended without a word
  };
  /// Removes what nobody wants, in short transactions. Repeats harmlessly. Blocks on disk.
  [[nodiscard]] Task<Swept> sweep(Deadline deadline);

  /// Bytes of all content, equal content once. Cost: reads all blob rows.
  [[nodiscard]] Result<std::uint64_t> used();
  [[nodiscard]] const FileLimits& limits() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::data
