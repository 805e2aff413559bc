#include "data/transfer/place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "storage/filling.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> broken(const fs::path& path, std::string_view what) {
  return fail(Error(ErrorCode::unavailable, fmt::format("{}: cannot be {}.", path.string(), what))
                  .because("tenant.folder"));
}

fs::path with(const fs::path& folder, std::string_view name, std::string_view ending) {
  return folder / (std::string(name) + std::string(ending));
}

}  // namespace

Result<> check_tenant_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 40 && name.front() != '-' &&
                    std::ranges::all_of(name, [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                    });
  if (good) return {};
  return fail(Error(ErrorCode::invalid, "A tenant's name is made of 1 to 40 of a-z, 0-9 and -.")
                  .because("tenant.name"));
}

std::string without_password(const std::string& address) {
  const auto begin = address.find("://");
  const auto at = address.find('@');
  if (begin == std::string::npos || at == std::string::npos) return address;
  const auto colon = address.find(':', begin + 3);
  if (colon == std::string::npos || colon > at) return address;
  return address.substr(0, colon) + address.substr(at);
}

std::string to_text(const Place& place, std::string_view name) {
  return place.schema == name ? place.address : place.address + "\n" + place.schema;
}

Place place_from(const std::string& text, std::string_view name) {
  const auto line = text.find('\n');
  Place place{.address = text.substr(0, line), .schema = std::string(name)};
  if (line != std::string::npos && line + 1 < text.size())
    place.schema = text.substr(line + 1, text.find('\n', line + 1) - line - 1);
  return place;
}

fs::path TenantFolder::file(std::string_view name) const {
  return with(directory_ / "tenants", name, ".db");
}
fs::path TenantFolder::entry(std::string_view name) const {
  return with(directory_ / "tenants", name, ".postgres");
}
fs::path TenantFolder::incoming(std::string_view name) const {
  return with(directory_ / "tenants", name, ".incoming");
}
fs::path TenantFolder::draft(std::string_view name) const {
  return with(directory_ / "tenants", name, ".draft");
}
fs::path TenantFolder::blobs(std::string_view name) const {
  return directory_ / "files" / std::string(name);
}

Result<std::optional<Place>> TenantFolder::find(std::string_view name) const {
  std::error_code error;
  if (fs::exists(entry(name), error)) {
    TENON_ASSIGN(text, read_text(entry(name)));
    return place_from(text, name);
  }
  if (!fs::exists(file(name), error)) return std::nullopt;
  return Place{.address = {}, .schema = std::string(name)};
}

Result<std::vector<std::string>> TenantFolder::names() const {
  std::vector<std::string> names;
  std::error_code error;
  const auto folder = directory_ / "tenants";
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".db" || it->path().extension() == ".postgres")
      names.push_back(it->path().stem().string());
  if (error && error != std::errc::no_such_file_or_directory) return broken(folder, "read");
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  return names;
}

bool TenantFolder::buried(std::string_view name, const Place& place) const {
  std::error_code error;
  for (fs::directory_iterator it(trash(), error), end; !error && it != end; it.increment(error)) {
    const auto grave = it->path().filename().string();
    if (grave.substr(0, grave.find('@')) != name) continue;
    const auto text = read_text(it->path() / "tenant.postgres");
    if (text && place_from(*text, name) == place) return true;
  }
  return false;
}

Result<> TenantFolder::make_folders() const {
  for (const auto* folder : {"tenants", "files", "trash"})
    TENON_TRY(make_folder(directory_ / folder));
  return {};
}

Result<std::string> read_text(const fs::path& file) {
  std::ifstream stored(file);
  std::string text((std::istreambuf_iterator<char>(stored)), std::istreambuf_iterator<char>());
  if (stored.bad()) return broken(file, "read");
  return text;
}

Result<> write_text(const fs::path& file, const std::string& text) {
  auto draft = file;
  draft += ".new";
  const int handle = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (handle < 0) return broken(draft, "written");
  const bool good =
      ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(handle) == 0;
  ::close(handle);
  if (!good) return broken(draft, "written");
  return rename_durably(draft, file);
}

Result<> make_private_file(const fs::path& file) {
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (handle < 0) return broken(file, "written");
  ::close(handle);
  return {};
}

Result<> rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return broken(to, "written");
  TENON_TRY(storage::sync_folder(to.parent_path().string()));
  if (from.parent_path() == to.parent_path()) return {};
  return storage::sync_folder(from.parent_path().string());
}

Result<> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return broken(folder, "made");
  return storage::sync_folder(folder.parent_path().string());
}

Result<FolderLock> FolderLock::take(const fs::path& directory) {
  const auto file = directory / "tenants" / ".moving";
  const int handle = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) return broken(file, "written");
  FolderLock lock(handle);
  if (::flock(handle, LOCK_EX | LOCK_NB) != 0)
    return fail(Error(ErrorCode::unavailable, "Another command moves tenants of this folder.")
                    .because("tenant.busy"));
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
FolderLock::~FolderLock() {
  if (handle_ >= 0) ::close(handle_);
}

}  // namespace tenon::data
