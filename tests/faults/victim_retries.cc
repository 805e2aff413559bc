// Sixteen clients send each request five times at about the same time and tell what they were
// answered. A request that gets no answer, because of a trap or a deadline, is sent until it does.
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <random>

#include "retries.h"
#include "victim.h"

namespace tenon::testing {
namespace {

using data::UnitOfWork;

constexpr std::size_t kClients = 16;

struct Desk {
  std::shared_ptr<data::Tenant> tenant;
  int pipe = -1;
  Mistake mistake = Mistake::none;
  Numbers numbers;
  std::atomic<std::uint64_t> next = 0;  // sending
};

data::OnceKey key_of(std::uint64_t number) {
  return {.user = {},
          .route = "POST /effect",
          .key = "request-" + std::to_string(number),
          .request = sha256("body " + std::to_string(number))};
}

Result<RecordId> effect(UnitOfWork& unit, std::uint64_t number) {
  TENON_ASSIGN(entity, unit.catalog().entity("crm", "effect"));
  TENON_ASSIGN(made, unit.insert(*entity, {{"number", static_cast<std::int64_t>(number)}}));
  return made.id;
}

RecordId answered(const data::StoredAnswer& answer) {
  const auto id = Uuid::parse(answer.response);
  return RecordId{id ? *id : Uuid{}};
}

data::StoredAnswer answer_of(RecordId id) { return {.status = 201, .response = id.to_string()}; }

Result<RecordId> once(UnitOfWork& unit, std::uint64_t number, std::uint64_t fate) {
  const auto key = key_of(number);
  TENON_ASSIGN(before, unit.begin_once(key));
  if (before) {
    // The same key with another body is refused, now that the key is known.
    if (fate % 16 == 0) {
      auto other = key;
      other.request = sha256("another body");
      const auto taken = unit.begin_once(other);
      const bool asked = taken || taken.error().code() == ErrorCode::invalid ||
                         taken.error().code() == ErrorCode::conflict;
      if (!asked) return std::unexpected(taken.error());
      if (taken || taken.error().reason() != "idempotency.mismatch") std::_Exit(5);
    }
    return answered(*before);
  }
  if (fate < 2) unit.set_deadline(Deadline::after(std::chrono::microseconds(fate * 60)));
  TENON_ASSIGN(id, effect(unit, number));
  TENON_TRY(unit.finish_once(key, answer_of(id)));
  if (fate >= 97) return fail(Error(ErrorCode::internal, "A trap.").because("test.trap"));
  return id;
}

template <class Work>
auto in_a_unit(Desk& desk, Work work) {
  return data::run_unit(desk.tenant, data::Viewer{}, data::Origin{.plugin = "crm"},
                        data::testing::soon(), std::move(work));
}

/// The planted fault: key and effect in transactions of their own.
asio::awaitable<Result<RecordId>> apart(Desk* desk, std::uint64_t number) {
  const auto key = key_of(number);
  const auto store = [&](UnitOfWork& unit, RecordId id) -> Result<std::optional<RecordId>> {
    TENON_ASSIGN(before, unit.begin_once(key));
    if (before) return std::optional(answered(*before));
    TENON_TRY(unit.finish_once(key, answer_of(id)));
    return std::optional<RecordId>();
  };
  const auto look = [&](UnitOfWork& unit) -> Result<std::optional<RecordId>> {
    std::optional<RecordId> known;
    auto seen = unit.within_savepoint([&]() -> Result<> {
      TENON_ASSIGN(before, unit.begin_once(key));
      if (before) known = answered(*before);
      return fail(Error(ErrorCode::cancelled, "Only a look.").because("test.look"));
    });
    if (!seen && seen.error().reason() != "test.look")
      return std::unexpected(std::move(seen.error()));
    return known;
  };
  const bool before = desk->mistake == Mistake::key_before;
  auto known = before ? co_await in_a_unit(*desk, [&](UnitOfWork& unit) { return store(unit, {}); })
                      : co_await in_a_unit(*desk, look);
  if (!known) co_return std::unexpected(std::move(known.error()));
  if (*known) co_return **known;
  auto made = co_await in_a_unit(*desk, [&](UnitOfWork& unit) { return effect(unit, number); });
  if (made && !before)
    if (auto done = co_await in_a_unit(
            *desk, [&, id = *made](UnitOfWork& unit) { return store(unit, id); });
        !done)
      co_return std::unexpected(std::move(done.error()));
  co_return made;
}

asio::awaitable<void> send(Desk* desk, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (;;) {
    const auto number = desk->numbers.first + desk->next++ / kSendings;
    if (number >= desk->numbers.last) co_return;
    for (bool sent = false; !sent;) {
      const auto fate = random() % 100;
      auto id = desk->mistake == Mistake::none
                    ? co_await in_a_unit(*desk,
                                         [&](UnitOfWork& unit) { return once(unit, number, fate); })
                    : co_await apart(desk, number);
      if (!id && id.error().code() == ErrorCode::invalid) std::_Exit(6);
      if (!id && id.error().reason() != "test.trap" && id.error().reason() != "storage.deadline" &&
          id.error().reason() != "storage.rerun" && !died_under_us(*desk->tenant, id.error()))
        co_return;
      sent = id.has_value();
      if (sent)
        tell(desk->pipe, {.id = id->value.bytes, .version = static_cast<std::uint32_t>(number)});
    }
  }
}

}  // namespace

int send_again(std::shared_ptr<data::Tenant> tenant, int pipe, std::uint64_t seed, Mistake mistake,
               Numbers numbers) {
  Desk desk{.tenant = std::move(tenant), .pipe = pipe, .mistake = mistake, .numbers = numbers};
  run_all(loops_for(*desk.tenant, 2, kClients), kClients,
          [&](std::size_t i) { return send(&desk, seed * 100 + i); });
  wait_for_the_end();
}

}  // namespace tenon::testing
