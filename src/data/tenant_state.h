#pragma once
// The inside of a Tenant, for the files of this room that make up its parts.

#include <atomic>
#include <mutex>

#include "data/numbers.h"
#include "data/tenant.h"

namespace tenon::data {

struct Tenant::State {
  std::string name;
  std::unique_ptr<storage::Database> database;
  const bool waits;  // for a server: see act.h
  const Clock& clock;
  Random& random;
  std::string cursor_key;
  PermitPool turns{8, 1024};  // reads that wait for a server, and those that wait for them

  mutable std::mutex mutex;
  std::shared_ptr<const Catalog> catalog;  // shared with every request that began under it
  std::mutex reload_mutex;
  std::atomic<bool> migrating = false;  // one change of the schema at a time
  // Grows when other definitions hold; odd from the moment before they do until they are read. A
  // unit of work that began under another number is not committed.
  std::atomic<std::uint64_t> epoch = 0;
  std::unique_ptr<Outbox> outbox;
  std::unique_ptr<Files> files;
  NumberBlocks numbers;

  State(std::string tenant_name, std::unique_ptr<storage::Database> opened, const Clock& the_clock,
        Random& the_random)
      : name(std::move(tenant_name)),
        database(std::move(opened)),
        waits(database->dialect() == storage::Dialect::postgres),
        clock(the_clock),
        random(the_random) {}

  /// Other definitions are about to hold.
  void begin_switch() noexcept { epoch |= 1U; }
  /// Reads what is installed and makes it the catalog. Errors: those of Catalog::make.
  [[nodiscard]] Result<> reload();
  /// reload() behind begin_switch().
  [[nodiscard]] Result<> end_switch();
};

/// What is installed, as the database says it.
[[nodiscard]] Result<std::shared_ptr<const Catalog>> read_catalog(storage::Session& session);

}  // namespace tenon::data
