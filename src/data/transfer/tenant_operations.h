#pragma once
// What an operator does with whole tenants: back up, restore, move between a file and PostgreSQL,
// drop, list. Whatever dies at whatever moment, a tenant is at exactly one place: a copy is made
// beside it and checked, then one rename of one directory entry says where the tenant is. What an
// interrupted command left is found and taken away by the next one.
//
//   restore, move   copy (nobody's) → checked → [the entry is renamed] → the old place into the
//   trash drop            [the entry is renamed into the trash]
//
// A backup is taken while the tenant is in use, by this process or another. Moving and dropping
// need it for themselves: a tenant that another process has open is refused, by the lock of its
// file or by its claim in the PostgreSQL database, and while it is moved nobody else opens it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "data/tenant.h"
#include "data/transfer/archive.h"
#include "data/transfer/place.h"
#include "storage/postgres.h"

namespace tenon::data {

struct TenantListing {
  std::string name;
  std::string place;  // `file`, or the database's address without its password
  std::uint64_t bytes = 0;
  std::uint64_t file_bytes = 0;  // content of its files
};

/// Thread: one at a time. Everything blocks. Lifetime: its parts outlive it.
class TenantOperations {
 public:
  /// Tells which step was just done; a test ends the process there.
  using Steps = std::function<void(std::string_view)>;
  TenantOperations(Tenants& tenants, std::filesystem::path directory, BlockingPool& pool,
                   const Clock& clock, Random& random, Steps steps = {});

  /// One consistent file, while others write. Errors: not_found, conflict (`archive.exists`), those
  /// of seal_archive().
  [[nodiscard]] Result<ArchiveReport> backup(const std::string& name, const std::string& archive);
  /// A new tenant from an archive, into a file or (`database`: `postgresql://…`) a schema of its
  /// own. Errors: conflict (`tenant.exists`), those of verify_archive() and copy_tenant().
  [[nodiscard]] Result<ArchiveReport> restore(const std::string& archive, const std::string& name,
                                              const std::string& database);
  /// To a file (`database` is empty) or a database. The tenant takes no writes meanwhile; its old
  /// copy lies in the trash afterwards. Errors: not_found, conflict (`tenant.there`), unavailable
  /// (`tenant.busy`, `tenant.moving`, `tenant.in_use`: by another process, which is named).
  [[nodiscard]] Result<std::uint64_t> move(const std::string& name, const std::string& database);
  /// Into the trash, with its files. Errors: not_found, unavailable (`tenant.in_use`).
  [[nodiscard]] Result<> drop(const std::string& name);
  /// Deletes for good what the trash holds of `name`; gives how many.
  [[nodiscard]] Result<std::size_t> purge(const std::string& name);
  [[nodiscard]] Result<std::vector<TenantListing>> list();

 private:
  [[nodiscard]] Result<std::shared_ptr<storage::PostgresPool>> server(const std::string& address);
  [[nodiscard]] Result<std::unique_ptr<storage::Database>> open_schema(const Place& place,
                                                                       storage::Missing missing);
  [[nodiscard]] Result<Place> find(const std::string& name) const;
  [[nodiscard]] Result<> refuse_existing(const std::string& name) const;
  [[nodiscard]] Result<FolderLock> begin(const std::string& name);
  [[nodiscard]] Result<> tidy(const std::string& name);
  [[nodiscard]] Result<std::filesystem::path> make_grave(const std::string& name);
  [[nodiscard]] Result<> bury_file(const std::string& name);
  [[nodiscard]] Result<> bury_files(const std::string& name, const std::filesystem::path& grave);
  [[nodiscard]] Result<> drop_unless_lived_in(const Place& place);
  [[nodiscard]] Place fresh_place(const std::string& name, const std::string& database);
  [[nodiscard]] Result<std::uint64_t> fill_schema(const std::string& name, const Place& place,
                                                  storage::Session& from);
  [[nodiscard]] Result<std::uint64_t> fill_file(const std::string& name, storage::Session& from);
  [[nodiscard]] Result<> switch_place(const std::string& name, const Place& from, const Place& to);
  [[nodiscard]] Result<std::uint64_t> size_of(const std::string& name, const Place& place);
  void step(std::string_view done) const {
    if (steps_) steps_(done);
  }

  Tenants& tenants_;
  std::filesystem::path directory_;
  TenantFolder folder_;
  BlockingPool& pool_;
  const Clock& clock_;
  Random& random_;
  Steps steps_;
  std::map<std::string, std::shared_ptr<storage::PostgresPool>> servers_;  // by address; shared
};

}  // namespace tenon::data
