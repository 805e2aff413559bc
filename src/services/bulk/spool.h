#pragma once
// What an import reads and an export writes lies on the disk of this node for a bounded time, in a
// folder of its own for each tenant, and counts against a bound of the tenant's. It is no record's
// file: nobody names it, only its owner gets it, and it goes by itself.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "services/bulk/job.h"

namespace tenon::services {

struct SpoolLimits {
  std::uint64_t file_bytes = std::uint64_t{256} << 20;
  std::uint64_t tenant_bytes = std::uint64_t{1} << 30;
};

/// A file on its way in; without keep() nothing of it stays. Thread: one. Blocks.
class SpoolWriter {
 public:
  SpoolWriter(std::filesystem::path path, std::uint64_t most, std::string reason);
  SpoolWriter(SpoolWriter&&) noexcept = default;
  SpoolWriter& operator=(SpoolWriter&&) = delete;
  ~SpoolWriter();

  /// Errors: exhausted (`<reason>.size` with the limit in details, `files.disk`), unavailable
  /// (`files.store`).
  [[nodiscard]] Result<> write(std::string_view bytes);
  [[nodiscard]] Result<> keep();
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Where it is until keep(): for a library that writes by itself.
  [[nodiscard]] std::filesystem::path unfinished() const;

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t most_;
  std::uint64_t size_ = 0;
  std::string reason_;
  bool kept_ = false;
};

/// Reads a file again and again. Thread: one. Blocks.
class SpoolReader {
 public:
  /// Errors: not_found (`bulk.gone`).
  [[nodiscard]] static Result<SpoolReader> open(const std::filesystem::path& path);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The next bytes; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(std::span<char> out);
  [[nodiscard]] Result<> rewind();

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
  };
  SpoolReader(std::FILE* file, std::uint64_t size) : file_(file), size_(size) {}
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_;
};

/// Thread: any. Blocks.
class Spool {
 public:
  Spool(std::filesystem::path folder, SpoolLimits limits)
      : folder_(std::move(folder)), limits_(limits) {}

  /// Where the file of a job lies; `part` tells several apart: `csv`. Requires: a tenant's name.
  [[nodiscard]] std::filesystem::path path(std::string_view tenant, JobId job,
                                           std::string_view part) const;
  /// Errors: exhausted (`bulk.quota`: the tenant has no room left), unavailable (`files.store`).
  [[nodiscard]] Result<SpoolWriter> begin(std::string_view tenant, JobId job, std::string_view part,
                                          const std::string& reason) const;
  [[nodiscard]] std::uint64_t used(std::string_view tenant) const;
  void remove(std::string_view tenant, JobId job) const;
  void remove_all(std::string_view tenant) const;
  /// Removes files whose job `wanted` does not know, older than an hour when unfinished. Gives how
  /// many.
  [[nodiscard]] std::uint64_t sweep(std::string_view tenant,
                                    const std::function<bool(JobId)>& wanted) const;
  [[nodiscard]] const SpoolLimits& limits() const noexcept { return limits_; }

 private:
  std::filesystem::path folder_;
  SpoolLimits limits_;
};

}  // namespace tenon::services
