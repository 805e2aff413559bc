#pragma once
// The web application is a folder of built files. They are read once into memory, so that a request
// is a map lookup: no path from a client ever reaches the file system.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/route.h"

namespace tenon::http {

class StaticFiles {
 public:
  /// Called for each answer that is the start page, before it is sent: may replace placeholders in
  /// `page` and set fields (a CSP with a nonce). Must be callable from all I/O threads at once.
  using PageHook = std::function<void(const Request&, std::string& page, Response&)>;

  struct Options {
    std::string immutable_prefix = "assets/";  // hashed names: cached for a year
    std::size_t total_bytes = 64 * 1024 * 1024;
    PageHook page_hook;  // with a hook the start page is sent uncached and uncompressed
  };

  /// Reads regular files below `folder` (symbolic links are not followed); `x.js.br`, `.zst` and
  /// `.gz` beside `x.js` are its precompressed forms. Errors: not_found when there is no
  /// index.html, exhausted (`static.size`), unavailable when a file cannot be read.
  [[nodiscard]] static Result<std::shared_ptr<const StaticFiles>> load(
      const std::filesystem::path& folder, Options options);
  static Result<std::shared_ptr<const StaticFiles>> load(const std::filesystem::path& folder) {
    return load(folder, Options{});
  }

  ~StaticFiles();

  /// The answer to GET or HEAD for the path segments from `request.wildcard_from()` on. A path
  /// without a dot in its last segment that is no file gets the start page; any other is 404.
  [[nodiscard]] Response answer(const Request& request) const;

  /// A handler for `GET /{path*}` that keeps `files` alive.
  [[nodiscard]] static Handler handler(std::shared_ptr<const StaticFiles> files);

 private:
  struct Impl;
  explicit StaticFiles(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace tenon::http
