#pragma once
// The two databases that everything in this folder runs on.

#include <cstdlib>
#include <memory>
#include <string>

#include "data/tenant.h"
#include "storage/postgres_scratch.h"
#include "storage/scratch.h"

namespace tenon::corpus {

enum class Place : std::uint8_t { sqlite, postgres };

/// Without PostgreSQL a test of it is skipped, where CI is set it fails.
inline bool must_run() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

/// A fresh tenant on one of them. Lifetime: outlives the tenant.
struct Stage {
  tenon::testing::ScratchDirectory directory;
  BlockingPool pool{{.threads = 2}};
  SystemClock clock;
  SystemRandom random;
  data::Tenants tenants{directory.path(), pool, clock, random};

  Result<std::shared_ptr<data::Tenant>> tenant(Place place, std::vector<data::Entity> entities) {
    std::string url;
    if (place == Place::postgres) url = tenon::testing::PrivatePostgres::shared()->fresh_database();
    TENON_ASSIGN(made, tenants.create("lab", url));
    data::Package package{.id = "lab",
                          .version = "1",
                          .manifest = {},
                          .component = {},
                          .sha256 = {},
                          .entities = std::move(entities)};
    TENON_TRY(tenon::testing::run(
        made->install(std::move(package), Deadline::after(std::chrono::seconds(20)))));
    return made;
  }
};

}  // namespace tenon::corpus
