#include "data/transfer/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <vector>

#include "data/audit.h"
#include "data/system.h"
#include "data/tenant_state.h"
#include "data/transfer/last_line.h"

namespace tenon::data {
namespace {

using storage::Blob;
using storage::Row;
using storage::Visit;

constexpr std::size_t kPart = std::size_t{1} << 20;
constexpr std::size_t kCommitBytes = std::size_t{32} << 20;

constexpr std::string_view kTables = R"sql(
CREATE TABLE archive_file(
  sha256 BLOB NOT NULL,
  part INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (sha256, part)
) STRICT;
CREATE TABLE archive_table(
  name TEXT PRIMARY KEY,
  rows INTEGER NOT NULL,
  sum BLOB NOT NULL
) STRICT;
CREATE TABLE archive_end(
  tenant TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  files INTEGER NOT NULL,
  file_bytes INTEGER NOT NULL
) STRICT;
)sql";

Error damaged(const std::string& file, std::string_view what) {
  return Error(ErrorCode::invalid, fmt::format("{}: damaged ({}).", file, what))
      .because("archive.corrupt");
}

std::optional<Digest> digest_in(Blob blob) {
  Digest digest{};
  if (blob.size() != digest.size()) return std::nullopt;
  std::ranges::copy(blob, digest.begin());
  return digest;
}

/// Content that was swept since the copy was made: nothing may be lost with it.
Result<> forget_content(storage::Session& session, const Digest& sha256) {
  std::int64_t named = 0;
  const std::array<storage::Value, 1> values{Blob(sha256)};
  TENON_TRY(session.query("SELECT count(*) FROM file WHERE sha256 = ?1 AND refs > 0", values,
                          [&](const Row& row) {
                            named = row.integer(0);
                            return Visit::stop;
                          }));
  if (named > 0)
    return fail(Error(ErrorCode::unavailable,
                      fmt::format("The content of a file is missing: {}.", hex(sha256)))
                    .because("files.missing"));
  TENON_TRY(session.execute("DELETE FROM file WHERE sha256 = ?1", values));
  TENON_TRY(session.execute("DELETE FROM blob WHERE sha256 = ?1", values));
  return {};
}

/// Copies the content of the tenant's files. Lifetime: borrows its parts.
class FileCollector {
 public:
  FileCollector(storage::Filling& to, BlobStore& store, ArchiveReport& report)
      : to_(to), store_(store), report_(report), buffer_(kPart) {}

  Result<> collect(const Digest& sha256) {
    auto content = store_.open(sha256);
    if (!content && content.error().reason() == "files.missing")
      return forget_content(to_.session(), sha256);
    if (!content) return std::unexpected(std::move(content.error()));
    Sha256 hash;
    std::uint64_t offset = 0;
    for (std::int64_t part = 0;; ++part) {
      TENON_ASSIGN(size, (*content)->read(offset, buffer_));
      if (size == 0 && part > 0) break;
      const auto data = std::span(buffer_).first(size);
      hash.update(data);
      const std::array<storage::Value, 3> values{Blob(sha256), part, Blob(data)};
      TENON_TRY(to_.session().execute(
          "INSERT INTO archive_file(sha256, part, data) VALUES(?1, ?2, ?3)", values));
      offset += size;
      TENON_TRY(note(size));
      if (size < buffer_.size()) break;
    }
    if (hash.finish() != sha256)
      return fail(Error(ErrorCode::unavailable,
                        fmt::format("The content of a file is damaged: {}.", hex(sha256)))
                      .because("files.store"));
    ++report_.files;
    report_.file_bytes += offset;
    return {};
  }

 private:
  Result<> note(std::size_t size) {
    pending_ += size;
    if (pending_ < kCommitBytes) return {};
    pending_ = 0;
    return to_.commit();
  }

  storage::Filling& to_;
  BlobStore& store_;
  ArchiveReport& report_;
  std::vector<std::uint8_t> buffer_;
  std::size_t pending_ = 0;
};

Result<> collect_files(storage::Filling& to, const Catalog& catalog, BlobStore& store,
                       ArchiveReport& report) {
  TENON_ASSIGN(tables, read_tables(to.session(), catalog));
  const auto blobs = std::ranges::find(tables, "blob", &TableInfo::name);
  if (blobs == tables.end()) return {};
  const auto place = static_cast<std::size_t>(
      std::ranges::find(blobs->columns, "sha256", &TableColumn::name) - blobs->columns.begin());
  FileCollector collector(to, store, report);
  return each_batch(to.session(), *blobs, [&](const RowBatch& batch) -> Result<> {
    for (std::size_t row = 0; row < batch.rows(); ++row)
      if (const auto sha256 = digest_in(std::get<Blob>(batch.at(row, place))))
        TENON_TRY(collector.collect(*sha256));
    return {};
  });
}

Result<> write_end(storage::Session& session, const ArchiveReport& report) {
  for (const auto& [name, hash] : report.tables) {
    const std::array<storage::Value, 3> values{
        std::string_view(name), static_cast<std::int64_t>(hash.rows), Blob(hash.sum)};
    TENON_TRY(
        session.execute("INSERT INTO archive_table(name, rows, sum) VALUES(?1, ?2, ?3)", values));
  }
  const std::array<storage::Value, 5> values{
      std::string_view(report.tenant), report.made_at, static_cast<std::int64_t>(report.rows),
      static_cast<std::int64_t>(report.files), static_cast<std::int64_t>(report.file_bytes)};
  TENON_TRY(session.execute(
      "INSERT INTO archive_end(tenant, made_at, rows, files, file_bytes) VALUES(?1, ?2, ?3, ?4, "
      "?5)",
      values));
  return {};
}

/// What the archive says of itself.
Result<ArchiveReport> read_end(storage::Session& session, const std::string& file) {
  std::optional<ArchiveReport> report;
  TENON_TRY(session.query("SELECT tenant, made_at, rows, files, file_bytes FROM archive_end", {},
                          [&](const Row& row) {
                            report.emplace();
                            report->tenant = row.text(0);
                            report->made_at = row.integer(1);
                            report->rows = static_cast<std::uint64_t>(row.integer(2));
                            report->files = static_cast<std::uint64_t>(row.integer(3));
                            report->file_bytes = static_cast<std::uint64_t>(row.integer(4));
                            return Visit::stop;
                          }));
  if (!report) return fail(damaged(file, "its end is missing"));
  TENON_TRY(session.query("SELECT name, rows, sum FROM archive_table", {}, [&](const Row& row) {
    report->tables.emplace(row.text(0),
                           TableHash{.rows = static_cast<std::uint64_t>(row.integer(1)),
                                     .sum = digest_in(row.blob(2)).value_or(Digest{})});
    return Visit::more;
  }));
  return std::move(*report);
}

Result<> check_pages(storage::Session& session, const std::string& file) {
  std::string wrong;
  TENON_TRY(session.query("PRAGMA integrity_check(1)", {}, [&](const Row& row) {
    if (row.text(0) != "ok") wrong = row.text(0);
    return Visit::stop;
  }));
  if (!wrong.empty()) return fail(damaged(file, wrong));
  return {};
}

/// Gives each file's digest and its parts in order.
Result<> each_part(
    storage::Session& session,
    const std::function<Result<>(const Digest&, std::int64_t part, Blob data)>& visit) {
  Result<> outcome;
  TENON_TRY(session.query("SELECT sha256, part, data FROM archive_file ORDER BY sha256, part", {},
                          [&](const Row& row) {
                            const auto sha256 = digest_in(row.blob(0));
                            outcome = visit(sha256.value_or(Digest{}), row.integer(1), row.blob(2));
                            return outcome ? Visit::more : Visit::stop;
                          }));
  return outcome;
}

Result<> check_files(storage::Session& session, const std::string& file,
                     const ArchiveReport& report) {
  std::uint64_t files = 0;
  std::optional<Digest> current;
  Sha256 hash;
  const auto close = [&]() -> Result<> {
    if (current && hash.finish() != *current)
      return fail(damaged(file, "the file " + hex(*current) + " is another"));
    hash = Sha256();
    return {};
  };
  TENON_TRY(each_part(session, [&](const Digest& sha256, std::int64_t part, Blob data) -> Result<> {
    if (part == 0) {
      TENON_TRY(close());
      current = sha256;
      ++files;
    }
    if (current != sha256) return fail(damaged(file, "a part of a file is missing"));
    hash.update(data);
    return {};
  }));
  TENON_TRY(close());
  std::int64_t wanted = 0;
  TENON_TRY(session.query("SELECT count(*) FROM blob", {}, [&](const Row& row) {
    wanted = row.integer(0);
    return Visit::stop;
  }));
  if (files != report.files || files != static_cast<std::uint64_t>(wanted))
    return fail(damaged(file, "a file is missing"));
  return {};
}

Result<ArchiveReport> verify_content(storage::Session& session, const std::string& file) {
  TENON_TRY(check_pages(session, file));
  TENON_ASSIGN(report, read_end(session, file));
  TENON_ASSIGN(catalog, read_catalog(session));
  TENON_ASSIGN(there, hash_tables(session, *catalog));
  if (const auto table = first_difference(report.tables, there); !table.empty())
    return fail(damaged(file, "the table " + table + " is another"));
  TENON_TRY(check_files(session, file, report));
  TENON_ASSIGN(audit, verify_audit(session));
  if (!audit.fault.empty()) return fail(damaged(file, audit.fault));
  return report;
}

}  // namespace

Result<ArchiveReport> seal_archive(const std::string& file, std::string_view tenant,
                                   BlobStore& store, Timestamp now) {
  ArchiveReport report{
      .tenant = std::string(tenant), .made_at = now.time_since_epoch().count(), .tables = {}};
  {
    TENON_ASSIGN(to, storage::fill_sqlite(file, kFormat));
    TENON_TRY(to->session().script(kTables));
    TENON_ASSIGN(catalog, read_catalog(to->session()));
    TENON_TRY(collect_files(*to, *catalog, store, report));
    TENON_ASSIGN(hashes, hash_tables(to->session(), *catalog));
    report.tables = std::move(hashes);
    for (const auto& [name, hash] : report.tables) report.rows += hash.rows;
    TENON_TRY(write_end(to->session(), report));
    TENON_TRY(to->finish());
  }
  TENON_TRY(write_last_line(file));
  TENON_TRY(storage::sync_file(file));
  std::error_code ignored;
  report.bytes = std::filesystem::file_size(file, ignored);
  return report;
}

Result<ArchiveReport> verify_archive(const std::string& file) {
  TENON_ASSIGN(covered, check_last_line(file));
  auto opened = storage::read_sqlite(file, kFormat);
  if (!opened) {
    const bool newer = opened.error().reason() == "storage.format";
    return fail(Error(ErrorCode::invalid, opened.error().message())
                    .because(newer ? "archive.format" : "archive.corrupt"));
  }
  auto report = verify_content(**opened, file);
  if (!report && report.error().reason() != "archive.corrupt")
    return fail(damaged(file, report.error().message()));
  if (report) report->bytes = covered + kLastLine;
  return report;
}

Result<> restore_files(storage::Session& archive, BlobStore& store) {
  std::unique_ptr<BlobWriter> writer;
  std::optional<Digest> current;
  const auto close = [&]() -> Result<> {
    if (writer == nullptr) return {};
    TENON_TRY(writer->seal());
    TENON_TRY(writer->place(*current));
    writer.reset();
    return {};
  };
  TENON_TRY(each_part(archive, [&](const Digest& sha256, std::int64_t part, Blob data) -> Result<> {
    if (part == 0) {
      TENON_TRY(close());
      current = sha256;
      TENON_ASSIGN(begun, store.begin());
      writer = std::move(begun);
    }
    return writer->write(data);
  }));
  return close();
}

Result<> extract_tenant(const std::string& archive, const std::string& to) {
  TENON_ASSIGN(covered, check_last_line(archive));
  TENON_TRY(copy_bytes(archive, to, covered));
  TENON_ASSIGN(filling, storage::fill_sqlite(to, kFormat));
  TENON_TRY(filling->session().script(
      "DROP TABLE archive_file; DROP TABLE archive_table; DROP TABLE archive_end"));
  TENON_TRY(filling->finish());
  filling.reset();
  return storage::sync_file(to);
}

}  // namespace tenon::data
