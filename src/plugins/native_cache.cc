#include "plugins/native_cache.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/hash.h"

namespace tenon::plugins {
namespace {

constexpr std::size_t kTagBytes = 32;
constexpr std::size_t kKeyBytes = 32;

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::not_found, "no such file");
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad())
    return fail(Error(ErrorCode::unavailable, "a file of the native cache cannot be read")
                    .in_context(path.string()));
  return content;
}

/// Writes beside and renames, so that a reader sees the old file, the new one or none.
Result<> write_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::path beside = path;
  beside += "." + std::to_string(::getpid()) + ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  std::error_code error;
  if (file)
    std::filesystem::permissions(
        beside, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  if (file && !error) std::filesystem::rename(beside, path, error);
  if (!file || error) {
    std::filesystem::remove(beside, error);
    return fail(Error(ErrorCode::unavailable, "a file of the native cache cannot be written")
                    .in_context(path.string()));
  }
  return {};
}

/// The tag covers the name too: a file of one component must not pass as another's.
std::string tag_of(const std::string& key, const std::string& sha256, std::string_view native) {
  std::string covered = sha256;
  covered.append(native);
  const Digest digest = hmac_sha256(bytes_of(key), bytes_of(covered));
  return {digest.begin(), digest.end()};
}

}  // namespace

Result<NativeCache> NativeCache::open(std::filesystem::path folder, Random& random) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error)
    return fail(Error(ErrorCode::unavailable,
                      "the folder " + folder.string() + " cannot be used: " + error.message()));

  NativeCache cache;
  cache.folder_ = std::move(folder);
  const auto key_path = cache.folder_ / "key";
  auto key = read_file(key_path);
  if (!key || key->size() != kKeyBytes) {
    std::array<std::byte, kKeyBytes> fresh{};
    random.fill(fresh);
    key = std::string(reinterpret_cast<const char*>(fresh.data()), fresh.size());
    TENON_TRY(write_file(key_path, *key));
  }
  cache.key_ = *std::move(key);
  return cache;
}

std::filesystem::path NativeCache::path_of(const std::string& sha256) const {
  return folder_ / (sha256 + ".native");
}

Result<wasm::Component> NativeCache::find(const wasm::Engine& engine,
                                          const std::string& sha256) const {
  if (folder_.empty()) return fail(ErrorCode::not_found, "no native cache");
  TENON_ASSIGN(file, read_file(path_of(sha256)));
  if (file.size() <= kTagBytes) return fail(ErrorCode::not_found, "the cached file is cut");
  const std::string_view native = std::string_view(file).substr(kTagBytes);
  if (!equal_in_constant_time(bytes_of(tag_of(key_, sha256, native)),
                              bytes_of(std::string_view(file).substr(0, kTagBytes))))
    return fail(ErrorCode::not_found, "the cached file was changed");
  auto component = wasm::Component::deserialize(engine, native);
  if (!component) return fail(ErrorCode::not_found, "the cached file is of another engine");
  return component;
}

void NativeCache::keep(const std::string& sha256, const wasm::Component& component) const {
  if (folder_.empty()) return;
  const auto native = component.serialize();
  if (!native) return;
  (void)write_file(path_of(sha256), tag_of(key_, sha256, *native) + *native);
}

}  // namespace tenon::plugins
