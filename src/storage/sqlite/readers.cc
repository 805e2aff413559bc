#include "storage/sqlite/readers.h"

#include <utility>

namespace tenon::storage::sqlite {

class Readers::Backend final : public ReadLease::Backend {
 public:
  Backend(std::shared_ptr<Readers> readers, std::unique_ptr<Connection> connection)
      : readers_(std::move(readers)), connection_(std::move(connection)) {}
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  ~Backend() override { readers_->give_back(std::move(connection_)); }

  Session& session() noexcept override { return *connection_; }
  Result<> snapshot(Seen /*one writer: both are the same*/) override {
    if (connection_->in_transaction()) return {};
    return connection_->control("BEGIN");
  }
  void set_deadline(Deadline deadline) noexcept override { connection_->set_deadline(deadline); }

 private:
  std::shared_ptr<Readers> readers_;
  std::unique_ptr<Connection> connection_;
};

Result<ReadLease> Readers::take() {
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    } else if (open_ >= bound_) {
      return fail(Error(ErrorCode::unavailable, "Too many reads of this tenant at once.")
                      .because("storage.readers"));
    } else {
      ++open_;
    }
  }
  if (connection == nullptr) {
    auto opened = Connection::open(file_, Mode::reader);
    if (!opened) {
      const std::lock_guard lock(mutex_);
      --open_;
      return std::unexpected(std::move(opened.error()));
    }
    connection = std::move(*opened);
  }
  return ReadLease(std::make_unique<Backend>(shared_from_this(), std::move(connection)));
}

void Readers::give_back(std::unique_ptr<Connection> connection) noexcept {
  connection->set_deadline(Deadline::never());
  const bool usable = !connection->in_transaction() || connection->control("ROLLBACK").has_value();
  const std::lock_guard lock(mutex_);
  if (usable)
    idle_.push_back(std::move(connection));
  else
    --open_;
}

}  // namespace tenon::storage::sqlite
