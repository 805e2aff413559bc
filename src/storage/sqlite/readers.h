#pragma once
// A bounded set of read-only connections. Opening one costs a millisecond and its statement cache
// grows with use, so they are kept.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/database.h"
#include "storage/sqlite/connection.h"

namespace tenon::storage::sqlite {

/// Thread: any. Lifetime: shared by the read leases that are out.
class Readers : public std::enable_shared_from_this<Readers> {
 public:
  Readers(std::string file, std::size_t bound) : file_(std::move(file)), bound_(bound) {}
  [[nodiscard]] Result<ReadLease> take();

 private:
  class Backend;
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  const std::string file_;
  const std::size_t bound_;
  std::mutex mutex_;
  std::size_t open_ = 0;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace tenon::storage::sqlite
