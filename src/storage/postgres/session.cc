#include "storage/postgres/session.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "storage/postgres/errors.h"
#include "storage/postgres/values.h"

namespace tenon::storage::postgres {
namespace {

std::string enter(const Place& place, bool for_transaction) {
  return fmt::format("SELECT set_config('role', '{}', {}), set_config('search_path', '\"{}\"', {})",
                     place.role, for_transaction, place.schema, for_transaction);
}

const char* beginning(Manner manner) noexcept {
  switch (manner) {
    case Manner::writer:
      return "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE";
    case Manner::upkeep:
      return "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    case Manner::serial_snapshot:
      return "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE";
    default:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  }
}

/// Savepoints travel with the next statement.
bool savepoint_word(std::string_view sql) { return sql.starts_with("SAVEPOINT "); }

}  // namespace

/// Queues what must come before the first statement. Nothing is sent yet.
Result<Connection*> PostgresSession::begin() {
  if (died_) return fail(rerun());
  if (deadline_.passed()) return fail(too_late());
  TENON_ASSIGN(connection, slot_.connection(place_.schema, deadline_));
  if (std::exchange(begun_, true)) return connection;
#ifdef TENON_FAULT_NO_ROLE  // the fault that the wall test must catch
  const bool settled = !connection->place().empty();
#else
  const bool settled = connection->place() == place_.schema;
#endif
  if (!settled) {
    // On its own: as part of a transaction it would be undone with it, and the connection would
    // then belong to another tenant than it says.
    begun_ = false;
    connection->settle_in({});
    connection->queue(enter(place_, false));
    TENON_TRY(connection->flush(deadline_));
    connection->settle_in(place_.schema);
    begun_ = true;
  }
  if (manner_ == Manner::single) return connection;
  connection->queue(beginning(manner_));
  // Before the first question, with which the transaction's view of the data begins.
  if (manner_ == Manner::writer)
    connection->queue(fmt::format("LOCK TABLE \"{}\".tenon_format IN {}EXCLUSIVE MODE",
                                  place_.schema, company_ == Company::alone ? "" : "ROW "));
  if (long_) connection->queue("SET LOCAL statement_timeout = 0");
#ifndef TENON_FAULT_NO_ROLE
  connection->queue(enter(place_, true));
#endif
  return connection;
}

/// Closes the savepoint of the statement before.
void PostgresSession::leave_statement(Connection& connection) {
  if (std::exchange(undo_, false)) connection.queue("ROLLBACK TO q");
  if (std::exchange(guarded_, false)) connection.queue("RELEASE q");
}

/// A savepoint is needed only where something would be lost by going back to the one before: the
/// server slows down for everybody when a transaction has many that wrote.
void PostgresSession::guard(Connection& connection, Effect effect) {
  if (!guarded_ || dirty_ || undo_) {
    leave_statement(connection);
    connection.queue("SAVEPOINT q");
    guarded_ = true;
    dirty_ = false;
  }
  dirty_ = dirty_ || effect == Effect::some;
}

void PostgresSession::after_failure(Connection& connection, const Error& error) {
  connection.forget_queued();
  raced_ = raced_ || error.reason() == "storage.rerun";
  if (manner_ == Manner::single) return;
  if (writes() && guarded_ && !connection.broken() && !ends_transaction(error) &&
      connection.state() == PQTRANS_INERROR)
    undo_ = true;
  else if (connection.broken() || connection.state() != PQTRANS_INTRANS)
    died_ = true;
}

/// Whether a first statement that failed is worth another try, on another connection: the one it
/// had may have died while it lay idle, its statement may be of an older form of the tables, its
/// role may have been dropped and made again by the same name, which is another one.
bool PostgresSession::another_try(const Error& error) {
  auto* connection = slot_.held();
  if (connection == nullptr) return false;
  if (manner_ == Manner::single && error.reason() == "storage.rerun") return true;
  if (error.reason() == "storage.denied" || error.reason() == "storage.no_table")
    slot_.forget_place(place_.schema);
  else if (!connection->broken() || error.reason() != "storage.connection")
    return false;
  slot_.drop();
  begun_ = died_ = guarded_ = undo_ = locked_ = false;
  return true;
}

Result<ResultHandle> PostgresSession::run(std::string_view sql, Values values) {
  const bool first = !begun_ || manner_ == Manner::single;
  auto answer = run_once(sql, values);
  if (answer || !first || !another_try(answer.error())) return answer;
  return run_once(sql, values);
}

Result<ResultHandle> PostgresSession::run_once(std::string_view sql, Values values) {
  TENON_ASSIGN(connection, begin());
  if (writes()) guard(*connection, sql.starts_with("SELECT ") ? Effect::none : Effect::some);
  auto answer = connection->run(place_.schema, sql, values, deadline_);
  if (!answer) after_failure(*connection, answer.error());
  return answer;
}

Result<> PostgresSession::query(std::string_view sql, Values values, Visitor visit) {
  TENON_ASSIGN(answer, run(sql, values));
  ResultRow row(answer.get());
  const int rows = PQntuples(answer.get());
  for (int i = 0; i < rows; ++i) {
    row.move_to(i);
    if (visit(row) == Visit::stop) break;
  }
  return {};
}

Result<std::int64_t> PostgresSession::execute(std::string_view sql, Values values) {
  if (writes() && savepoint_word(sql)) {
    TENON_ASSIGN(connection, begin());
    leave_statement(*connection);
    connection->queue(std::string(sql));
    return 0;
  }
  TENON_ASSIGN(answer, run(sql, values));
  return std::strtoll(PQcmdTuples(answer.get()), nullptr, 10);
}

/// Travels with the next statement or the commit.
Result<> PostgresSession::undo_or_keep(std::string_view sql) {
  auto* connection = slot_.held();
  if (died_ || !begun_ || connection == nullptr) return fail(rerun());
  leave_statement(*connection);
  connection->queue(std::string(sql));
  return {};
}

Result<> PostgresSession::script(std::string_view sql) {
  const bool first = !begun_ || manner_ == Manner::single;
  auto done = script_once(sql);
  if (done || !first || !another_try(done.error())) return done;
  return script_once(sql);
}

Result<> PostgresSession::script_once(std::string_view sql) {
  TENON_ASSIGN(connection, begin());
  if (writes()) {
    leave_statement(*connection);
    // One change of a schema at a time; the lock ends with the transaction.
    if (!std::exchange(locked_, true))
      connection->queue(
          fmt::format("SELECT pg_advisory_xact_lock(hashtextextended('{}', 7))", place_.schema));
    guard(*connection, Effect::some);
  }
  auto done = connection->script(sql, deadline_);
  if (!done) after_failure(*connection, done.error());
  return done;
}

Result<> PostgresSession::make_snapshot(Seen seen) {
  manner_ = seen == Seen::one_state ? Manner::snapshot : Manner::serial_snapshot;
  begun_ = false;
  // BEGIN alone takes no snapshot, the first question does; entering the schema is none.
  TENON_TRY(run("SELECT 1 FROM tenon_format", {}));
  return {};
}

Task<> PostgresSession::commit() {
  if (died_) co_return fail(rerun());
  auto* connection = slot_.held();
  if (!begun_ || connection == nullptr) co_return Result<>();
  leave_statement(*connection);
  begun_ = false;
  auto done = co_await connection->commit();
  raced_ = !done && done.error().reason() == "storage.rerun";
  co_return done;
}

void PostgresSession::rollback() noexcept {
  died_ = true;
  if (auto* connection = slot_.held()) connection->abandon();
}

}  // namespace tenon::storage::postgres
