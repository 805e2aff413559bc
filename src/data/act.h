#pragma once
// A file answers in microseconds, a database server after a walk over the network. On a thread that
// serves others (I/O, guests) the first is done on the spot and the second never: the work moves to
// the pool of the servers and the caller's coroutine, and with it a guest's fiber, is suspended.
//
//   TENON_CO_ASSIGN(record, TENON_CO_ACT(unit, unit.get(entity, id)));
//
// The names of the expression are captured by reference: the frame that says them waits. Nothing
// else may use the unit meanwhile.

#include <utility>

#include "async/wait_for.h"
#include "data/tenant.h"
#include "data/unit_of_work.h"

/// The value of an expression that touches the unit of work, the tenant or the database `where`.
/// Only in a coroutine. Errors: those of the expression; on a server also unavailable (`pool.full`,
/// `storage.readers`). Cost: for a file that of the expression.
#define TENON_CO_ACT(where, ...)                                               \
  (::tenon::data::waits(where)                                                 \
       ? co_await ::tenon::data::aside((where), [&] { return (__VA_ARGS__); }) \
       : (__VA_ARGS__))

/// The same for a task of the tenant `where` that takes its own lease (an install, a delivery).
#define TENON_CO_ACT_TASK(where, ...)                                             \
  (::tenon::data::waits(where)                                                    \
       ? co_await ::tenon::data::task_aside((where), [&] { return __VA_ARGS__; }) \
       : co_await (__VA_ARGS__))

namespace tenon::data {

[[nodiscard]] inline bool waits(const UnitOfWork& unit) noexcept { return unit.waits(); }
[[nodiscard]] inline bool waits(const Tenant& tenant) noexcept { return tenant.waits(); }
[[nodiscard]] inline bool waits(const storage::Database& database) noexcept {
  return database.dialect() == storage::Dialect::postgres;
}

template <class Work, class R = std::invoke_result_t<Work&>>
[[nodiscard]] asio::awaitable<R> aside(storage::Database& database, Work work) {
  co_return co_await database.pool().run(std::move(work));
}

/// `work() -> Result<T>` on the pool of `unit`'s database.
template <class Work, class R = std::invoke_result_t<Work&>>
[[nodiscard]] asio::awaitable<R> aside(UnitOfWork& unit, Work work) {
  co_return co_await unit.tenant().database().pool().run(std::move(work));
}

/// The same for a read, when it is its turn: no tenant has all the threads.
template <class Work, class R = std::invoke_result_t<Work&>>
[[nodiscard]] asio::awaitable<R> aside(Tenant& tenant, Work work) {
  auto turn = co_await tenant.turn();
  if (!turn) co_return std::unexpected<Error>(std::move(turn.error()));
  co_return co_await tenant.database().pool().run(std::move(work));
}

/// Drives the task that `make()` gives to its end on the pool, which the task does not use itself.
template <class Make, class R = typename std::invoke_result_t<Make&>::value_type>
[[nodiscard]] asio::awaitable<R> task_aside(Tenant& tenant, Make make) {
  co_return co_await tenant.database().pool().run(
      [make = std::move(make)]() mutable { return wait_for(make()); });
}

}  // namespace tenon::data
