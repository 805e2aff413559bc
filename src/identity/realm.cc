#include "identity/realm.h"

#include <charconv>

#include "data/act.h"
#include "identity/sql.h"

namespace tenon::identity {

void Realm::set_epoch(std::int64_t epoch, Instant now) noexcept {
  // Two that look at once may be told out of order; the greater number is the later one.
  auto known = epoch_.load();
  while (known < epoch && !epoch_.compare_exchange_weak(known, epoch)) {
  }
  good_until_.store((now + kLookAgain).time_since_epoch().count());
}

bool Realm::take_size_look(Instant now) noexcept {
  const auto at = now.time_since_epoch().count();
  auto next = next_size_look_.load();
  return at >= next && next_size_look_.compare_exchange_strong(
                           next, (now + kLookAtSize).time_since_epoch().count());
}

Task<> Realm::look(Instant now) {
  if (is_fresh(now)) co_return Result<>();
  TENON_CO_ASSIGN(epoch, TENON_CO_ACT(*tenant_, [&]() -> Result<std::int64_t> {
                    TENON_ASSIGN(reader, tenant_->database().reader());
                    return read_epoch(reader.session());
                  }()));
  set_epoch(epoch, now);
  co_return Result<>();
}

Result<std::shared_ptr<Realm>> Realms::find(std::string_view tenant) {
  TENON_ASSIGN(found, find_(tenant));
  return of(std::move(found));
}

std::shared_ptr<Realm> Realms::of(std::shared_ptr<data::Tenant> tenant) {
  const std::lock_guard lock(mutex_);
  auto& slot = realms_[tenant->name()];
  // A tenant that was dropped and made again, or moved, is another one: what is known of the one
  // before is read again.
  if (slot == nullptr || slot->tenant() != tenant) {
    if (slot != nullptr) slot->retire();
    slot = std::make_shared<Realm>(std::move(tenant));
  }
  return slot;
}

Result<std::int64_t> read_epoch(storage::Session& session) {
  std::int64_t epoch = 0;
  TENON_TRY(sql::each(session, "SELECT value FROM identity_state WHERE key = 'epoch'",
                      std::array<sql::Value, 0>{}, [&](const sql::Row& row) {
                        const auto text = row.text(0);
                        std::from_chars(text.data(), text.data() + text.size(), epoch);
                      }));
  return epoch;
}

}  // namespace tenon::identity
