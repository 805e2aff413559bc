#include "identity/hand_over.h"

namespace tenon::identity {
namespace {

constexpr std::chrono::seconds kPiece{5};

}  // namespace

Task<HandedOver> hand_over(std::shared_ptr<data::Tenant> tenant, UserId by, UserId from, UserId to,
                           Deadline until) {
  HandedOver done;
  const auto catalog = tenant->catalog();
  for (const auto* entity : catalog->entities()) {
    for (std::size_t piece = kHandedAtOnce; piece == kHandedAtOnce;) {
      if (until.passed()) co_return done;
      TENON_CO_ASSIGN(count, co_await data::run_unit(
                                 tenant, data::Viewer{.user = by, .rights = nullptr},
                                 data::Origin{}, Deadline::after(kPiece),
                                 [entity, from, to](data::UnitOfWork& unit) -> Result<std::size_t> {
                                   // By name: what is installed may have changed since the last
                                   // piece.
                                   const auto* now =
                                       unit.catalog().find(entity->plugin(), entity->name());
                                   if (now == nullptr) return std::size_t{0};
                                   return unit.hand_over(*now, from, to, kHandedAtOnce);
                                 }));
      piece = count;
      done.records += count;
    }
  }
  done.complete = true;
  co_return done;
}

}  // namespace tenon::identity
