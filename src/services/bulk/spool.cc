#include "services/bulk/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tenon::services {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> store_failed(std::string detail) {
  return fail(Error(ErrorCode::unavailable, "The file store does not work; try again later.")
                  .because("files.store")
                  .in_context(detail));
}

std::unexpected<Error> write_failed() {
  if (errno == ENOSPC || errno == EDQUOT)
    return fail(Error(ErrorCode::exhausted, "The server's disk is full.").because("files.disk"));
  return store_failed("writing a spool file");
}

}  // namespace

SpoolWriter::SpoolWriter(fs::path path, std::uint64_t most, std::string reason)
    : path_(std::move(path)), most_(most), reason_(std::move(reason)) {}

SpoolWriter::~SpoolWriter() {
  if (kept_ || path_.empty()) return;
  file_.reset();
  std::error_code ignored;
  fs::remove(unfinished(), ignored);
}

fs::path SpoolWriter::unfinished() const { return path_.string() + ".new"; }

Result<> SpoolWriter::write(std::string_view bytes) {
  if (bytes.size() > most_ - size_)
    return fail(
        Error(ErrorCode::exhausted,
              fmt::format("The file may have at most {} bytes. Take fewer rows or columns.", most_))
            .because(reason_ + ".size")
            .with_details(fmt::format("{{\"limit\":{}}}", most_)));
  if (!file_) file_.reset(std::fopen(unfinished().c_str(), "wbe"));
  if (!file_) return store_failed("opening a spool file");
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    return write_failed();
  size_ += bytes.size();
  return {};
}

Result<> SpoolWriter::keep() {
  if (!file_ && !fs::exists(unfinished())) TENON_TRY(write(""));  // an empty file is one, too
  if (file_ && std::fflush(file_.get()) != 0) return write_failed();
  file_.reset();
  std::error_code error;
  if (size_ == 0) size_ = fs::file_size(unfinished(), error);
  fs::rename(unfinished(), path_, error);
  if (error) return store_failed("naming a spool file: " + error.message());
  kept_ = true;
  return {};
}

Result<SpoolReader> SpoolReader::open(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  auto* file = error ? nullptr : std::fopen(path.c_str(), "rbe");
  if (file == nullptr)
    return fail(Error(ErrorCode::not_found, "The file is not kept any more; begin again.")
                    .because("bulk.gone"));
  return SpoolReader(file, size);
}

Result<std::size_t> SpoolReader::read(std::span<char> out) {
  const auto got = std::fread(out.data(), 1, out.size(), file_.get());
  if (got == 0 && std::ferror(file_.get()) != 0) return store_failed("reading a spool file");
  return got;
}

Result<> SpoolReader::rewind() {
  if (std::fseek(file_.get(), 0, SEEK_SET) != 0) return store_failed("rewinding a spool file");
  return {};
}

fs::path Spool::path(std::string_view tenant, JobId job, std::string_view part) const {
  return folder_ / tenant / (job.to_string() + "." + std::string(part));
}

Result<SpoolWriter> Spool::begin(std::string_view tenant, JobId job, std::string_view part,
                                 const std::string& reason) const {
  std::error_code error;
  fs::create_directories(folder_ / tenant, error);
  if (error) return store_failed("making the spool folder: " + error.message());
  const auto already = used(tenant);
  if (already >= limits_.tenant_bytes)
    return fail(Error(ErrorCode::exhausted,
                      "The company's room for imports and exports is full; delete some that have "
                      "ended, or wait until they go by themselves.")
                    .because("bulk.quota")
                    .with_details(fmt::format("{{\"limit\":{}}}", limits_.tenant_bytes)));
  return SpoolWriter(path(tenant, job, part),
                     std::min(limits_.file_bytes, limits_.tenant_bytes - already), reason);
}

std::uint64_t Spool::used(std::string_view tenant) const {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ / tenant, error)) {
    const auto size = entry.file_size(error);
    if (!error) bytes += size;
  }
  return bytes;
}

void Spool::remove(std::string_view tenant, JobId job) const {
  std::error_code error;
  const auto prefix = job.to_string() + ".";
  for (const auto& entry : fs::directory_iterator(folder_ / tenant, error))
    if (entry.path().filename().string().starts_with(prefix)) fs::remove(entry.path(), error);
}

void Spool::remove_all(std::string_view tenant) const {
  std::error_code error;
  if (!tenant.empty()) fs::remove_all(folder_ / tenant, error);
}

std::uint64_t Spool::sweep(std::string_view tenant,
                           const std::function<bool(JobId)>& wanted) const {
  constexpr std::size_t kId = 36;
  std::uint64_t gone = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ / tenant, error)) {
    const auto id = JobId::parse(entry.path().filename().string().substr(0, kId));
    if (id && wanted(*id)) continue;
    // An upload under way has no row yet.
    const auto age = fs::file_time_type::clock::now() - entry.last_write_time(error);
    if (entry.path().extension() == ".new" && age < std::chrono::hours(1)) continue;
    if (fs::remove(entry.path(), error)) ++gone;
  }
  return gone;
}

}  // namespace tenon::services
