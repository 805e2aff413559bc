#pragma once
// Where a tenant lives is said by one entry of `<dir>/tenants`: `<name>.postgres` with the address
// of a database and the name of the schema in it, or else the file `<name>.db` itself. The first
// wins where both are there, so that writing or removing it moves a tenant at one stroke.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::data {

struct Place {
  std::string address;  // empty: in a file
  std::string schema;   // what follows `t_` in the database

  [[nodiscard]] bool in_file() const noexcept { return address.empty(); }
  friend bool operator==(const Place&, const Place&) = default;
};

/// 1 to 40 of a-z, 0-9 and -. Errors: invalid (`tenant.name`).
[[nodiscard]] Result<> check_tenant_name(std::string_view name);

/// An address without its password.
[[nodiscard]] std::string without_password(const std::string& address);

/// The text of an entry, and back: the address and, where it is not the tenant's name, the schema
/// in a second line.
[[nodiscard]] std::string to_text(const Place& place, std::string_view name);
[[nodiscard]] Place place_from(const std::string& text, std::string_view name);

/// Names in a data directory, and what may be done to them in one step that lasts.
/// Errors: unavailable (`tenant.folder`).
class TenantFolder {
 public:
  explicit TenantFolder(std::filesystem::path directory) : directory_(std::move(directory)) {}

  [[nodiscard]] std::filesystem::path file(std::string_view name) const;
  [[nodiscard]] std::filesystem::path entry(std::string_view name) const;
  /// A PostgreSQL schema that is being filled, written before it is made.
  [[nodiscard]] std::filesystem::path incoming(std::string_view name) const;
  /// A file that is being filled.
  [[nodiscard]] std::filesystem::path draft(std::string_view name) const;
  [[nodiscard]] std::filesystem::path blobs(std::string_view name) const;
  [[nodiscard]] std::filesystem::path trash() const { return directory_ / "trash"; }

  [[nodiscard]] Result<std::optional<Place>> find(std::string_view name) const;
  [[nodiscard]] Result<std::vector<std::string>> names() const;
  /// Whether the trash holds a tenant of that name that lives at `place`.
  [[nodiscard]] bool buried(std::string_view name, const Place& place) const;
  [[nodiscard]] Result<> make_folders() const;

 private:
  std::filesystem::path directory_;
};

/// Errors of these: unavailable (`tenant.folder`).
[[nodiscard]] Result<std::string> read_text(const std::filesystem::path& file);
/// Writes a file for us alone, whole or not at all, durably.
[[nodiscard]] Result<> write_text(const std::filesystem::path& file, const std::string& text);
/// Makes an empty file for us alone, or empties the one that is there.
[[nodiscard]] Result<> make_private_file(const std::filesystem::path& file);
/// Renames durably; both directories are synchronised.
[[nodiscard]] Result<> rename_durably(const std::filesystem::path& from,
                                      const std::filesystem::path& to);
[[nodiscard]] Result<> make_folder(const std::filesystem::path& folder);

/// One who changes where tenants live; a second is refused. The system gives it back when the
/// process dies.
class FolderLock {
 public:
  /// Errors: unavailable (`tenant.busy`).
  [[nodiscard]] static Result<FolderLock> take(const std::filesystem::path& directory);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int handle) noexcept : handle_(handle) {}
  int handle_ = -1;
};

}  // namespace tenon::data
