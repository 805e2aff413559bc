#pragma once
// Test support: a database whose process dies at the n-th boundary: before every statement that
// writes, before and after every commit.

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "data/dialect.h"
#include "data/test_fixture.h"
#include "storage/database.h"

namespace tenon::data::testing {

enum class Fault : std::uint8_t { none, step_recorded_outside };

/// Counts down to the boundary at which the process dies.
struct Fuse {
  int left = 0;
  void boundary() {
    if (left-- == 0) ::kill(::getpid(), SIGKILL);
  }
};

class FusedSession final : public storage::Session {
 public:
  FusedSession(storage::Session& inner, Fuse& fuse, Fault fault)
      : inner_(inner), fuse_(fuse), fault_(fault) {}
  Dialect dialect() const noexcept override { return inner_.dialect(); }
  Result<> query(std::string_view sql, storage::Values values, storage::Visitor visit) override {
    return inner_.query(sql, values, visit);  // reading leaves nothing half done
  }
  Result<std::int64_t> execute(std::string_view sql, storage::Values values) override {
    fuse_.boundary();
    if (fault_ == Fault::step_recorded_outside && sql.starts_with("INSERT INTO migration_step")) {
      late_.push_back(
          fmt::format("INSERT INTO migration_step(migration, step, checksum, at) "
                      "VALUES({}, {}, '{}', 0)",
                      std::get<std::int64_t>(values[0]), std::get<std::int64_t>(values[1]),
                      std::get<std::string_view>(values[2])));
      return 1;
    }
    return inner_.execute(sql, values);
  }
  Result<> script(std::string_view sql) override {
    fuse_.boundary();
    return inner_.script(sql);
  }
  Result<> without_references(const std::function<Result<>()>& work) override {
    return inner_.without_references(work);
  }
  std::vector<std::string> late_;

 private:
  Result<> undo_or_keep(std::string_view sql) override {
    TENON_TRY(execute(sql, {}));
    return {};
  }
  storage::Session& inner_;
  Fuse& fuse_;
  Fault fault_;
};

class FusedLease final : public storage::Lease::Backend {
 public:
  FusedLease(storage::Database& database, storage::Lease lease, Fuse& fuse, Fault fault)
      : database_(database),
        lease_(std::move(lease)),
        fuse_(fuse),
        session_(lease_.session(), fuse, fault) {}
  storage::Session& session() noexcept override { return session_; }
  void set_deadline(Deadline deadline) noexcept override { lease_.set_deadline(deadline); }
  void extend(Deadline cap, storage::Others others) noexcept override {
    lease_.extend(cap, others);
  }
  Task<> commit() override {
    fuse_.boundary();
    TENON_CO_TRY(co_await lease_.commit());
    fuse_.boundary();
    lease_ = storage::Lease();
    for (const auto& sql : session_.late_) {
      TENON_CO_ASSIGN(second, co_await database_.lease(soon()));
      TENON_CO_TRY(second.session().script(sql));
      TENON_CO_TRY(co_await second.commit());
    }
    co_return Result<>();
  }
  void rollback() noexcept override { lease_.rollback(); }

 private:
  storage::Database& database_;
  storage::Lease lease_;
  Fuse& fuse_;
  FusedSession session_;
};

/// Any database behind the port, PostgreSQL as well.
class FusedDatabase final : public storage::Database {
 public:
  FusedDatabase(std::unique_ptr<storage::Database> inner, Fuse& fuse, Fault fault)
      : inner_(std::move(inner)), fuse_(fuse), fault_(fault) {}
  Task<storage::Lease> lease(Deadline deadline) override {
    TENON_CO_ASSIGN(lease, co_await inner_->lease(deadline));
    co_return storage::Lease(
        std::make_unique<FusedLease>(*inner_, std::move(lease), fuse_, fault_));
  }
  Dialect dialect() const noexcept override { return inner_->dialect(); }
  Result<storage::ReadLease> reader() override { return inner_->reader(); }
  BlockingPool& pool() noexcept override { return inner_->pool(); }
  storage::Figures figures() const override { return inner_->figures(); }
  Result<> check() override { return inner_->check(); }

 private:
  std::unique_ptr<storage::Database> inner_;
  Fuse& fuse_;
  Fault fault_;
};

}  // namespace tenon::data::testing
