#pragma once
// One tenant as one file: a SQLite database like that of a living tenant (so that `sqlite3` opens
// it), with the content of the tenant's files in a table of its own, and a last line that says the
// SHA-256 of all bytes before it. SQLite does not read behind its last page, and any flipped or
// missing byte shows without knowing what it meant.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/hash.h"
#include "data/files/blob_store.h"
#include "data/transfer/table_hash.h"
#include "storage/filling.h"
#include "storage/session.h"

namespace tenon::data {

/// Tables of an archive that a tenant has not; their names begin with `archive_`.
inline constexpr std::uint32_t kArchiveFormat = 1;

struct ArchiveReport {
  std::string tenant;        // its name when it was made
  std::int64_t made_at = 0;  // microseconds
  TableHashes tables;
  std::uint64_t rows = 0;
  std::uint64_t files = 0;  // contents
  std::uint64_t file_bytes = 0;
  std::uint64_t bytes = 0;  // of the archive
};

/// Puts the files' content, the hashes and the row that ends an archive into a copy of a tenant,
/// and the last line behind it. A file that no record names and whose content has been swept
/// meanwhile is left out. Errors: unavailable (`files.missing`: with the digest), those of the
/// store and of the session. Blocks.
[[nodiscard]] Result<ArchiveReport> seal_archive(const std::string& file, std::string_view tenant,
                                                 BlobStore& store, Timestamp now);

/// Reads everything: the last line, every page, every table's hash, every file's digest, the audit
/// chain. Errors: invalid with one line and the archive's name (`archive.corrupt`,
/// `archive.truncated`, `archive.format`). Cost: reads the file twice. Blocks.
[[nodiscard]] Result<ArchiveReport> verify_archive(const std::string& file);

/// Gives each file of a verified archive to `store`. Blocks.
[[nodiscard]] Result<> restore_files(storage::Session& archive, BlobStore& store);
/// Copies the database of a verified archive to `to`, without what makes it an archive. The room of
/// the files' content stays in it, for rows to come. Blocks.
[[nodiscard]] Result<> extract_tenant(const std::string& archive, const std::string& to);

}  // namespace tenon::data
