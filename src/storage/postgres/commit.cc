// COMMIT waits on the caller's event loop: its fsync is the longest wait of a unit of work, and a
// pool whose threads wait for each other's locks must not stand between a commit and its end.
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/waiter.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"

namespace tenon::storage::postgres {
namespace {

constexpr std::chrono::seconds kCommitTime{30};

/// Waits until `socket` can be read; false when `deadline` passes first. The stop of the caller's
/// task neither ends the wait nor is lost: it is found by the next thing that the task waits for.
/// The number is duplicated, so that closing ours leaves libpq's.
asio::awaitable<bool> readable(int socket, Deadline deadline) {
  // Shared with the handler, which may run after this frame is gone.
  auto descriptor = std::make_shared<asio::posix::stream_descriptor>(
      co_await asio::this_coro::executor, ::dup(socket));
  auto waiter = std::make_shared<Waiter>();  // shared with it too
  descriptor->async_wait(asio::posix::stream_descriptor::wait_read,
                         [descriptor, waiter](boost::system::error_code error) {
                           waiter->wake(error ? Woken::cancelled : Woken::notified);
                         });
  const auto why = co_await Waiter::wait(waiter, deadline, Cancellation::ignored);
  boost::system::error_code ignored;
  descriptor->cancel(ignored);
  co_return why == Woken::notified;
}

std::unexpected<Error> unknown(const PGconn* handle) {
  return fail(Error(ErrorCode::unavailable,
                    "The connection broke while the work was being saved; whether it was is "
                    "unknown.")
                  .because("storage.unknown_outcome")
                  .in_context(PQerrorMessage(handle)));
}

}  // namespace

Task<> Connection::commit() {
  PGconn* handle = handle_.get();
  // A connection that is gone before COMMIT was sent has a certain outcome: none.
  if (closed_by_server()) co_return lost("commit");
  queue("COMMIT");
  TENON_CO_TRY(send_queued());
  if (PQpipelineSync(handle) != 1) co_return lost("commit");
  owed_ = true;
  const auto deadline = Deadline::after(kCommitTime);
  Result<> outcome = fail(rerun());
  while (owed_) {
    const bool flushed = PQflush(handle) >= 0;
    if (flushed && PQisBusy(handle) == 0) {
      const ResultHandle result(PQgetResult(handle));
      if (PQstatus(handle) == CONNECTION_BAD) {
        broken_ = true;
        co_return unknown(handle);
      }
      if (result == nullptr) continue;
      const auto status = PQresultStatus(result.get());
      if (status == PGRES_PIPELINE_SYNC) owed_ = false;
      if (status == PGRES_FATAL_ERROR) outcome = fail(to_error(result.get(), "COMMIT"));
      // COMMIT of a transaction that has failed is answered with the word ROLLBACK.
      if (status == PGRES_COMMAND_OK && std::string_view(PQcmdStatus(result.get())) == "COMMIT")
        outcome = {};
      continue;
    }
    const bool ready = co_await readable(PQsocket(handle), deadline);
    if (!flushed || !ready || PQconsumeInput(handle) != 1) {
      broken_ = true;
      co_return unknown(handle);
    }
  }
  sent_ = 0;
  if (!outcome && outcome.error().reason() == "storage.connection") {
    broken_ = true;
    co_return unknown(handle);
  }
  co_return outcome;
}

}  // namespace tenon::storage::postgres
