#include "identity/users.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "data/act.h"
#include "data/dialect.h"

namespace tenon::identity {
namespace {

constexpr std::string_view kTable =
    "CREATE TABLE IF NOT EXISTS tenon_user (id {id} PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "password TEXT NOT NULL, locale TEXT NOT NULL, administrator {integer} NOT NULL, "
    "created_at {integer} NOT NULL) {strict}";

/// Whether the table is there: a tenant's first user makes it.
constexpr std::string_view known_sql(data::Dialect dialect) {
  return dialect == data::Dialect::sqlite
             ? "SELECT 1 FROM sqlite_schema WHERE name = 'tenon_user'"
             : "SELECT 1 FROM pg_class WHERE relname = 'tenon_user' AND "
               "relnamespace = current_schema()::regnamespace";
}

struct StoredUser {
  UserId id;
  std::string password;
  std::string locale;
  bool administrator = false;
};

Result<> check(const NewUser& user, Users::PasswordRule rule) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (user.name.empty() || user.name.size() > 64 || std::ranges::any_of(user.name, is_control))
    return fail(Error(ErrorCode::invalid, "a user name has 1 to 64 bytes and no control characters")
                    .because("user.name"));
  if (rule == Users::PasswordRule::enforced &&
      (user.password.reveal().size() < 8 || user.password.reveal().size() > 128))
    return fail(
        Error(ErrorCode::invalid, "a password has 8 to 128 bytes").because("user.password"));
  return {};
}

Result<std::optional<StoredUser>> find(data::Tenant& tenant, const std::string& name) {
  TENON_ASSIGN(reader, tenant.database().reader());
  std::optional<StoredUser> found;
  bool known = false;
  TENON_TRY(
      reader.session().query(known_sql(reader.session().dialect()), {}, [&](const storage::Row&) {
        known = true;
        return storage::Visit::stop;
      }));
  if (!known) return found;
  const std::array<storage::Value, 1> values = {std::string_view(name)};
  TENON_TRY(reader.session().query(
      "SELECT id, password, locale, administrator FROM tenon_user WHERE name = ?1", values,
      [&](const storage::Row& row) {
        StoredUser user;
        const auto id = row.blob(0);
        if (id.size() == user.id.value.bytes.size())
          std::ranges::copy(id, user.id.value.bytes.begin());
        user.password = row.text(1);
        user.locale = row.text(2);
        user.administrator = row.integer(3) != 0;
        found = std::move(user);
        return storage::Visit::stop;
      }));
  return found;
}

/// The hash of no password: what an unknown name is checked against.
const std::string& decoy() {
  static const std::string hash =
      hash_password(Secret<std::string>("a password that nobody has")).value_or("");
  return hash;
}

std::unexpected<Error> refused() {
  return fail(Error(ErrorCode::denied, "company, user name or password is wrong")
                  .because("http.login_failed"));
}

Task<> store(data::Tenant* tenant, std::string name, StoredUser user, Timestamp now,
             Deadline deadline) {
  TENON_CO_ASSIGN(lease, co_await tenant->database().lease(deadline));
  auto& session = lease.session();
  TENON_CO_TRY(session.script(data::portable(session.dialect(), kTable)));
  const std::array<storage::Value, 6> values = {
      storage::Blob(user.id.value.bytes), std::string_view(name),
      std::string_view(user.password),    std::string_view(user.locale),
      std::int64_t{user.administrator},   std::int64_t{now.time_since_epoch().count()}};
  auto stored = session.execute("INSERT INTO tenon_user VALUES (?1, ?2, ?3, ?4, ?5, ?6)", values);
  if (!stored) {
    lease.rollback();
    if (stored.error().code() == ErrorCode::conflict)
      co_return fail(Error(ErrorCode::conflict, "the user \"" + name + "\" exists already")
                         .because("user.exists"));
    co_return std::unexpected(std::move(stored.error()));
  }
  co_return co_await lease.commit();
}

}  // namespace

Task<UserId> Users::create(std::shared_ptr<data::Tenant> tenant, NewUser user, PasswordRule rule,
                           Deadline deadline) {
  TENON_CO_TRY(check(user, rule));
  auto hash = co_await pool_.run([password = user.password] { return hash_password(password); });
  if (!hash) co_return std::unexpected(std::move(hash.error()));
  const StoredUser stored{.id = UserId::make(clock_, random_),
                          .password = *std::move(hash),
                          .locale = user.locale,
                          .administrator = user.administrator};
  TENON_CO_TRY(
      TENON_CO_ACT_TASK(*tenant, store(tenant.get(), user.name, stored, clock_.now(), deadline)));
  co_return stored.id;
}

Task<std::shared_ptr<const Principal>> Users::authenticate(std::shared_ptr<data::Tenant> tenant,
                                                           std::string name,
                                                           Secret<std::string> password,
                                                           Deadline deadline) {
  TENON_CO_ASSIGN(permit, co_await permits_.acquire(deadline));
  (void)permit;
  // A server is asked on its own pool: hashing must not wait for it.
  std::optional<StoredUser> known;
  if (tenant->waits()) {
    TENON_CO_ASSIGN(found, co_await data::aside(*tenant, [&] { return find(*tenant, name); }));
    known = std::move(found);
  }
  auto user = co_await pool_.run([&]() -> Result<std::optional<StoredUser>> {
    if (!tenant->waits()) {
      TENON_ASSIGN(found, find(*tenant, name));
      known = std::move(found);
    }
    auto& stored = known;
    const bool matches = verify_password(password, stored ? stored->password : decoy());
    if (!stored || !matches) return std::optional<StoredUser>();
    return std::move(stored);
  });
  if (!user) co_return std::unexpected(std::move(user.error()));
  if (!*user) co_return refused();
  co_return std::make_shared<const Principal>(Principal{.tenant = tenant->name(),
                                                        .user = (*user)->id,
                                                        .name = std::move(name),
                                                        .locale = (*user)->locale,
                                                        .administrator = (*user)->administrator,
                                                        .permissions = {}});
}

Task<std::shared_ptr<const Principal>> Users::refuse_unknown_tenant(Secret<std::string> password,
                                                                    Deadline deadline) {
  TENON_CO_ASSIGN(permit, co_await permits_.acquire(deadline));
  (void)permit;
  auto checked =
      co_await pool_.run([&]() -> Result<bool> { return verify_password(password, decoy()); });
  if (!checked) co_return std::unexpected(std::move(checked.error()));
  co_return refused();
}

}  // namespace tenon::identity
