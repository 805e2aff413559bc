#pragma once
// The document is large and the same for all who may do the same in the same company, until
// something is installed or a role changes: it is written once for them and kept.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/document.h"
#include "api/table.h"
#include "http/response.h"

namespace tenon::api {

/// Thread: any.
class OpenApi {
 public:
  explicit OpenApi(std::vector<Table> tables) : tables_(std::move(tables)) {}
  OpenApi(const OpenApi&) = delete;
  OpenApi& operator=(const OpenApi&) = delete;

  [[nodiscard]] const std::vector<Table>& tables() const noexcept { return tables_; }

  struct Written {
    http::Response::SharedBytes text;  // shared with the cache
    std::string etag;
  };
  /// Of what a document is made: who may do the same has the same one.
  struct Key {
    std::string rights;
    std::uint64_t generation = 0;  // of the modules' routes
  };
  [[nodiscard]] static Key key_of(const Reader& reader, std::uint64_t generation);
  [[nodiscard]] std::optional<Written> find(const Key& key, const Reader& reader);
  /// Writes it and keeps it; the one that was not asked for longest goes. Errors: those of
  /// openapi_document(). Cost: some milliseconds for each hundred entities; not on an I/O thread.
  [[nodiscard]] Result<Written> write(const Key& key, const Reader& reader);

  static constexpr std::size_t kDocuments = 64;
  static constexpr std::size_t kBytes = std::size_t{64} << 20U;

 private:
  struct Kept {
    Key key;
    // What it was written from, by identity; not kept alive.
    std::weak_ptr<const data::Catalog> catalog;
    std::weak_ptr<const plugins::Installations> installations;
    Written written;
  };
  [[nodiscard]] static bool fits(const Kept& kept, const Key& key, const Reader& reader);

  const std::vector<Table> tables_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // the newest asked for first
  std::size_t bytes_ = 0;
};

}  // namespace tenon::api
