#include "storage/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "storage/postgres/errors.h"
#include "storage/postgres/placeholders.h"
#include "storage/postgres/values.h"

namespace tenon::storage::postgres {
namespace {

constexpr std::size_t kStatements = 512;
// After a cancel the server answers at once; one that does not is given up.
constexpr std::chrono::milliseconds kGrace{1000};
constexpr int kBinary = 1;

std::string settings(const ConnectOptions& options) {
  return fmt::format(
      "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} "
      "-c synchronous_commit=on -c default_transaction_read_only=on -c search_path=pg_catalog "
      "-c standard_conforming_strings=on -c timezone=UTC -c jit=off "
      "-c client_min_messages=warning",
      options.statement_timeout.count(), options.lock_timeout.count(),
      options.idle_in_transaction_timeout.count());
}

bool failed(const PGresult* result) noexcept {
  const auto status = PQresultStatus(result);
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const ConnectOptions& options,
                                                     Deadline deadline) {
  const std::string set = settings(options);
  const std::array<const char*, 9> names{
      "dbname",           "application_name", "client_encoding",
      "options",          "keepalives_idle",  "keepalives_interval",
      "keepalives_count", "tcp_user_timeout", nullptr};
  const std::array<const char*, 9> values{
      options.url.c_str(), "tenon", "UTF8", set.c_str(), "5", "3", "3", "10000", nullptr};
  Handle handle(PQconnectStartParams(names.data(), values.data(), 1));
  if (handle == nullptr) return fail(ErrorCode::exhausted, "Out of memory.");
  auto connection = std::unique_ptr<Connection>(new Connection(std::move(handle), options.cancels));
  TENON_TRY(connection->connect(deadline));
  return connection;
}

Result<> Connection::connect(Deadline deadline) {
  PGconn* handle = handle_.get();
  PQsetNoticeProcessor(handle, [](void*, const char*) {}, nullptr);
  for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK; step = PQconnectPoll(handle)) {
    if (PQstatus(handle) == CONNECTION_BAD || step == PGRES_POLLING_FAILED)
      return fail(Error(ErrorCode::unavailable, "The database cannot be reached.")
                      .because("storage.connection")
                      .in_context(PQerrorMessage(handle)));
    TENON_TRY(wait(step == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline));
  }
  if (PQsetnonblocking(handle, 1) != 0 || PQenterPipelineMode(handle) != 1) return lost("connect");
  return {};
}

std::unexpected<Error> Connection::lost(std::string_view doing) {
  broken_ = true;
  return fail(connection_lost(handle_.get(), doing));
}

Result<> Connection::wait(short events, Deadline deadline) {
  using std::chrono::milliseconds;
  for (;;) {
    pollfd watched{.fd = PQsocket(handle_.get()), .events = events, .revents = 0};
    const auto left =
        std::chrono::ceil<milliseconds>(deadline.when() - std::chrono::steady_clock::now());
    const auto span = std::clamp<std::int64_t>(left.count(), 0, 60'000);
    const int ready = ::poll(&watched, 1, static_cast<int>(span));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return lost("poll");
    if (ready == 0 && deadline.passed()) return fail(too_late());
  }
}

/// A cancel that fails or waits behind others leaves the statement to its own timeout and the
/// connection to be dropped.
void Connection::cancel() noexcept {
  CancelHandle handle(PQgetCancel(handle_.get()));
  if (handle == nullptr) return;
  (void)cancels_->post([request = std::move(handle)] {
    std::array<char, 256> text{};
    (void)PQcancel(request.get(), text.data(), static_cast<int>(text.size()));
  });
}

Result<> Connection::send(bool sent, std::string_view doing) {
  if (!sent) return lost(doing);
  ++sent_;
  return {};
}

Result<> Connection::send_queued() {
  while (!queued_.empty()) {
    const auto sql = std::move(queued_.front());
    queued_.pop_front();
    TENON_TRY(send(PQsendQueryParams(handle_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr,
                                     nullptr, kBinary) == 1,
                   sql));
  }
  return {};
}

/// The next answer, or null at the end of one statement's answers.
Result<ResultHandle> Connection::next(Deadline deadline) {
  PGconn* handle = handle_.get();
  for (;;) {
    const int left = PQflush(handle);
    if (left < 0) return lost("send");
    if (left == 0 && PQisBusy(handle) == 0) return ResultHandle(PQgetResult(handle));
    auto ready = wait(static_cast<short>(left > 0 ? POLLIN | POLLOUT : POLLIN),
                      late_ ? deadline.min(Deadline::after(kGrace)) : deadline);
    if (!ready && ready.error().reason() == "storage.deadline") {
      if (std::exchange(late_, true)) {
        broken_ = true;
        return fail(too_late());
      }
      cancel();
      deadline = Deadline::after(kGrace);
      continue;
    }
    TENON_TRY(std::move(ready));
    if (PQconsumeInput(handle) != 1) return lost("receive");
  }
}

Result<ResultHandle> Connection::collect(std::string_view doing, Deadline deadline) {
  if (PQpipelineSync(handle_.get()) != 1) return lost(doing);
  owed_ = true;
  late_ = false;
  std::optional<Error> error;
  ResultHandle last;
  for (std::size_t i = 0; i < sent_; ++i)
    for (;;) {
      TENON_ASSIGN(result, next(late_ ? Deadline::after(kGrace) : deadline));
      if (result == nullptr) {
        if (PQstatus(handle_.get()) == CONNECTION_BAD) return lost(doing);
        break;
      }
      if (failed(result.get()) && !error) error = to_error(result.get(), doing);
      last = std::move(result);
    }
  sent_ = 0;
  TENON_ASSIGN(end, next(late_ ? Deadline::after(kGrace) : deadline));
  if (end == nullptr || PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC) return lost(doing);
  owed_ = false;
  if (PQstatus(handle_.get()) == CONNECTION_BAD) broken_ = true;
  if (error) {
    if (error->reason() == "storage.connection") broken_ = true;
    return fail(*std::move(error));
  }
  return last;
}

/// Reads the answer that abandon() left.
Result<> Connection::drain(Deadline deadline) {
  if (!owed_) return {};
  while (owed_) {
    TENON_ASSIGN(result, next(deadline));
    if (result == nullptr && PQstatus(handle_.get()) == CONNECTION_BAD) return lost("rollback");
    if (result != nullptr && PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) owed_ = false;
  }
  sent_ = 0;
  abandoned_ = false;
  if (state() != PQTRANS_IDLE) return lost("rollback");
  return {};
}

void Connection::make_room() {
  if (prepared_.size() < kStatements) return;
  // Half of them go: which half does not matter, what is in use comes back at the price of one
  // round trip.
  for (auto it = prepared_.begin(); it != prepared_.end() && prepared_.size() > kStatements / 2;
       it = prepared_.erase(it))
    queue("DEALLOCATE " + it->second.name);
}

Result<Connection::Prepared*> Connection::prepare(std::string_view place, std::string_view sql,
                                                  Deadline deadline) {
  std::string key(place);
  key.append(1, '\n').append(sql);
  if (const auto found = prepared_.find(key); found != prepared_.end()) return &found->second;
  make_room();
  Prepared made{.name = fmt::format("s{}", ++counter_), .types = {}};
  const auto text = with_dollars(sql);
  TENON_TRY(send_queued());
  TENON_TRY(
      send(PQsendPrepare(handle_.get(), made.name.c_str(), text.c_str(), 0, nullptr) == 1, sql));
  TENON_TRY(send(PQsendDescribePrepared(handle_.get(), made.name.c_str()) == 1, sql));
  TENON_ASSIGN(description, collect(sql, deadline));
  TENON_TRY(check_columns(description.get()));
  for (int i = 0; i < PQnparams(description.get()); ++i)
    made.types.push_back(PQparamtype(description.get(), i));
  return &prepared_.emplace(std::move(key), std::move(made)).first->second;
}

/// On their own: DEALLOCATE before BEGIN in one pipeline would fix the transaction's view of the
/// data before its kind is said.
Result<> Connection::forget_stale(Deadline deadline) {
  if (stale_.empty() || state() != PQTRANS_IDLE) return {};
  for (const auto& name : std::exchange(stale_, {}))
    TENON_TRY(send(PQsendQueryParams(handle_.get(), ("DEALLOCATE " + name).c_str(), 0, nullptr,
                                     nullptr, nullptr, nullptr, kBinary) == 1,
                   "DEALLOCATE"));
  TENON_TRY(collect("DEALLOCATE", deadline));
  return {};
}

Result<ResultHandle> Connection::run(std::string_view place, std::string_view sql, Values values,
                                     Deadline deadline) {
  TENON_TRY(drain(deadline));
  TENON_TRY(forget_stale(deadline));
  TENON_ASSIGN(prepared, prepare(place, sql, deadline));
  // A value that the text does not use is no error on SQLite either.
  const auto used = values.first(std::min(values.size(), prepared->types.size()));
  if (used.size() != prepared->types.size())
    return fail(ErrorCode::internal, "A statement got too few values.");
  const Parameters parameters(used, prepared->types);
  TENON_TRY(send_queued());
  TENON_TRY(send(PQsendQueryPrepared(handle_.get(), prepared->name.c_str(), parameters.count(),
                                     parameters.data(), parameters.lengths(), parameters.formats(),
                                     kBinary) == 1,
                 sql));
  auto answer = collect(sql, deadline);
  // A table has changed under a prepared statement: it is made anew in the next run.
  if (!answer && answer.error().reason() == "storage.rerun") {
    for (const auto& [key, known] : prepared_) stale_.push_back(known.name);
    prepared_.clear();
  }
  return answer;
}

Result<> Connection::flush(Deadline deadline) {
  TENON_TRY(drain(deadline));
  if (queued_.empty()) return {};
  TENON_TRY(send_queued());
  TENON_TRY(collect("begin", deadline));
  return {};
}

Result<> Connection::script(std::string_view sql, Deadline deadline) {
  TENON_TRY(flush(deadline));
  PGconn* handle = handle_.get();
  const std::string text(sql);
  // Several statements in one text exist in the simple protocol only.
  if (PQexitPipelineMode(handle) != 1 || PQsendQuery(handle, text.c_str()) != 1) return lost(sql);
  std::optional<Error> error;
  late_ = false;
  for (;;) {
    TENON_ASSIGN(result, next(late_ ? Deadline::after(kGrace) : deadline));
    if (result == nullptr) break;
    if (failed(result.get()) && !error) error = to_error(result.get(), sql);
  }
  if (PQstatus(handle) == CONNECTION_BAD || PQenterPipelineMode(handle) != 1) return lost(sql);
  if (error) return fail(*std::move(error));
  return {};
}

void Connection::abandon() noexcept {
  queued_.clear();
  if (broken_ || abandoned_ || (state() == PQTRANS_IDLE && !owed_)) return;
  PGconn* handle = handle_.get();
  const bool sent =
      !owed_ &&
      PQsendQueryParams(handle, "ROLLBACK", 0, nullptr, nullptr, nullptr, nullptr, kBinary) == 1 &&
      PQpipelineSync(handle) == 1 && PQflush(handle) == 0;
  // What cannot be sent at once is ended by closing the connection.
  if (!sent) broken_ = true;
  owed_ = abandoned_ = true;
}

bool Connection::hung_up() noexcept {
  if (broken_) return true;
  pollfd watched{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0};
  if (owed_ || ::poll(&watched, 1, 0) == 0) return false;
  if (!closed_by_server() && PQisBusy(handle_.get()) == 0) broken_ = state() != PQTRANS_IDLE;
  return broken_;
}

bool Connection::closed_by_server() noexcept {
  pollfd watched{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0};
  // The last words come first, the end of the stream after them.
  for (int look = 0; look < 3 && !broken_ && ::poll(&watched, 1, 0) > 0; ++look)
    broken_ = PQconsumeInput(handle_.get()) != 1 || PQstatus(handle_.get()) == CONNECTION_BAD;
  return broken_;
}

std::string Connection::parameter(const char* name) const {
  const char* value = PQparameterStatus(handle_.get(), name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace tenon::storage::postgres
