// Sixteen writers in group commit: each inserts a record, changes it a few times, and tells the
// version that was acknowledged.
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <random>

#include "data/test_fixture.h"
#include "victim.h"

namespace tenon::testing {
namespace {

constexpr std::size_t kWriters = 16;

asio::awaitable<void> write_for_ever(std::shared_ptr<data::Tenant> tenant, int pipe,
                                     std::uint64_t seed, Mistake mistake) {
  std::mt19937_64 random(seed);
  for (;;) {
    std::optional<RecordId> id;
    const auto versions = 1 + random() % 4;
    for (std::uint32_t version = 1; version <= versions; ++version) {
      Told told{.id = {}, .version = version};
      auto done = co_await data::run_unit(
          tenant, data::Viewer{}, data::Origin{.plugin = "crm"}, data::testing::soon(),
          [&](data::UnitOfWork& unit) -> Result<> {
            TENON_ASSIGN(info, unit.catalog().entity("crm", "customer"));
            json::object fields{{"name", "Acme"}, {"visits", static_cast<std::int64_t>(version)}};
            if (version == 1) {
              fields["notes"] = std::string(random() % 3000, 'n');
              TENON_ASSIGN(made, unit.insert(*info, fields));
              told.id = made.id.value.bytes;
            } else {
              TENON_ASSIGN(made, unit.update(*info, *id, fields, version - 1));
              told.id = made.id.value.bytes;
            }
            if (mistake == Mistake::acknowledge_early) tell(pipe, told);
            return {};
          });
      // Whoever lost every race begins with another record.
      if (!done && data::wants_rerun(done.error())) break;
      // The parent compares what was told.
      if (!done && died_under_us(*tenant, done.error())) wait_for_the_end();
      if (!done) {
        std::fprintf(stderr, "%s\n", done.error().for_log().c_str());
        co_return;
      }
      if (mistake != Mistake::acknowledge_early) tell(pipe, told);
      id = RecordId{Uuid{.bytes = told.id}};
    }
  }
}

}  // namespace

int write_rows(std::shared_ptr<data::Tenant> tenant, int pipe, std::uint64_t seed,
               Mistake mistake) {
  run_all(loops_for(*tenant, 1, kWriters), kWriters,
          [&](std::size_t i) { return write_for_ever(tenant, pipe, seed + i, mistake); });
  return 3;
}

}  // namespace tenon::testing
