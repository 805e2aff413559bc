#include "identity/sessions.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "identity/api_tokens.h"
#include "identity/rights.h"
#include "identity/sql.h"

namespace tenon::identity {

std::optional<TokenParts> parts_of(std::string_view token) noexcept {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > 40) return std::nullopt;
  const TokenParts parts{.tenant = token.substr(0, dot), .secret = token.substr(dot + 1)};
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (parts.secret.size() != 43 || !std::ranges::all_of(parts.tenant, plain)) return std::nullopt;
  return parts;
}

std::size_t Sessions::HashOfDigest::operator()(const Digest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.data(), sizeof value);
  return value;
}

bool Sessions::expired(const Credential& credential, Timestamp now) const noexcept {
  return now - credential.seen > credential.idle || now - credential.opened > credential.absolute;
}

std::optional<Sessions::Found> Sessions::recall(const Digest& hash, Proof proof, Use use) {
  const auto now = tools_.clock.now();
  const std::lock_guard lock(mutex_);
  const auto entry = known_.find(hash);
  if (entry == known_.end()) return std::nullopt;
  auto& known = entry->second;
  if (known.credential.principal->proof != proof) return std::nullopt;
  if (expired(known.credential, now)) {
    known_.erase(entry);
    return std::nullopt;
  }
  if (!known.realm->is_fresh(tools_.clock.instant()))
    return Found{.principal = nullptr, .realm = known.realm, .look = true};
  if (known.realm->epoch() != known.epoch) {
    known_.erase(entry);
    return std::nullopt;
  }
  Found found{.principal = known.credential.principal, .realm = known.realm};
  if (use == Use::none) return found;
  known.credential.seen = std::max(known.credential.seen, now);
  if (now - known.saved > options_.save) {
    known.saved = now;
    found.save = true;
  }
  return found;
}

void Sessions::remember(const Digest& hash, Known known) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= options_.capacity) {
    const auto now = tools_.clock.now();
    std::erase_if(known_, [&](const auto& one) { return expired(one.second.credential, now); });
    if (known_.size() >= options_.capacity)
      known_.erase(std::ranges::min_element(
          known_, {}, [](const auto& one) { return one.second.credential.seen; }));
  }
  known_.insert_or_assign(hash, std::move(known));
}

void Sessions::forget(const Digest& hash) {
  const std::lock_guard lock(mutex_);
  known_.erase(hash);
}

Task<std::shared_ptr<const Principal>> Sessions::find(std::string token, Proof proof,
                                                      Deadline deadline) {
  return ask(std::move(token), proof, Use::counts, deadline);
}

Task<std::shared_ptr<const Principal>> Sessions::peek(std::string token, Proof proof,
                                                      Deadline deadline) {
  return ask(std::move(token), proof, Use::none, deadline);
}

Task<std::shared_ptr<const Principal>> Sessions::ask(std::string token, Proof proof, Use use,
                                                     Deadline deadline) {
  if (!parts_of(token)) co_return nullptr;
  const Digest hash = sha256(token);
  auto found = recall(hash, proof, use);
  if (found && found->look) {
    TENON_CO_TRY(co_await found->realm->look(tools_.clock.instant()));
    found = recall(hash, proof, use);
  }
  if (!found || found->look) {
    TENON_CO_ASSIGN(read, co_await load(std::move(token), proof, use, hash));
    found = std::move(read);
  }
  // A use that cannot be written down now (a full disk, a tenant on the move) is no reason to turn
  // somebody away.
  if (found->save) (void)co_await save(found->realm, hash, proof, deadline);
  co_return std::move(found->principal);
}

Result<std::optional<Credential>> Sessions::read_session(storage::Session& session,
                                                         const std::string& tenant,
                                                         const Digest& hash) const {
  TENON_ASSIGN(row, find_session(session, hash));
  if (!row || row->expired(tools_.clock.now(), options_.limits)) return std::optional<Credential>();
  TENON_ASSIGN(principal, read_principal(session, tenant, row->user));
  if (principal == nullptr) return std::optional<Credential>();
  if (row->view_as) {
    // Only an administrator looks with another's eyes; who has stopped being one does no more.
    if (!principal->administrator) return std::optional<Credential>();
    TENON_ASSIGN(seen, read_principal(session, tenant, *row->view_as));
    if (seen == nullptr) return std::optional<Credential>();
    seen->actor = principal->user;
    seen->actor_name = principal->name;
    principal = std::move(seen);
  }
  principal->proof = Proof::session;
  principal->session = row->id;
  return std::optional(Credential{.principal = std::move(principal),
                                  .opened = row->opened,
                                  .seen = row->seen,
                                  .idle = row->idle,
                                  .absolute = options_.limits.absolute});
}

Task<Sessions::Found> Sessions::load(std::string token, Proof proof, Use use, Digest hash) {
  auto realm = realms_.find(parts_of(token)->tenant);
  if (!realm) {
    // A tenant that is not there makes a token of nobody; one that is away makes it wait.
    if (realm.error().reason() == "tenant.gone") co_return Found{};
    co_return std::unexpected(std::move(realm.error()));
  }
  // The number first: what changes while the rest is read makes it be read again.
  TENON_CO_TRY(co_await (*realm)->look(tools_.clock.instant()));
  const auto epoch = (*realm)->epoch();
  auto read = co_await look(*realm,
                            [this, proof, hash, tenant = (*realm)->name()](
                                storage::Session& session) -> Result<std::optional<Credential>> {
                              return proof == Proof::token
                                         ? read_api_token(session, tenant, hash, tools_.clock.now())
                                         : read_session(session, tenant, hash);
                            });
  if (!read) co_return std::unexpected(std::move(read.error()));
  if (!*read) co_return Found{};
  Found found{.principal = (*read)->principal, .realm = *realm};
  const auto now = tools_.clock.now();
  const auto saved = (*read)->seen;
  found.save = use == Use::counts && now - saved > options_.save;
  if (use == Use::counts) (*read)->seen = std::max((*read)->seen, now);
  remember(hash, Known{.credential = std::move(**read),
                       .realm = *std::move(realm),
                       .epoch = epoch,
                       .saved = found.save ? now : saved});
  co_return found;
}

Task<> Sessions::save(std::shared_ptr<Realm> realm, Digest hash, Proof proof, Deadline deadline) {
  co_return co_await change(
      tools_, std::move(realm), Actor{}, deadline, [hash, proof](Change& change) -> Result<> {
        const std::array<sql::Value, 2> values{sql::digest(hash), sql::time(change.now())};
        TENON_TRY(change.execute(proof == Proof::token
                                     ? "UPDATE identity_token SET used_at = ?2 WHERE hash = ?1"
                                     : "UPDATE identity_session SET seen_at = ?2 WHERE hash = ?1",
                                 values));
        return {};
      });
}

Result<std::string> Sessions::open(Change& change, const NewSession& session) {
  std::string token = std::string(change.tenant()) + "." + change.make_secret();
  TENON_TRY(store_session(change, sha256(token), session, options_.limits));
  return token;
}

Task<> Sessions::close(std::string token, Actor actor, Deadline deadline) {
  const auto parts = parts_of(token);
  if (!parts) co_return Result<>();
  const Digest hash = sha256(token);
  forget(hash);
  auto realm = realms_.find(parts->tenant);
  if (!realm) co_return Result<>();
  const bool shared = (*realm)->tenant()->waits();
  co_return co_await change(
      tools_, *std::move(realm), std::move(actor), deadline,
      [hash, shared](Change& change) -> Result<> {
        TENON_ASSIGN(row, find_session(change.session(), hash));
        if (!row) return {};
        TENON_TRY(change.execute("DELETE FROM identity_session WHERE hash = ?1",
                                 std::array<sql::Value, 1>{sql::digest(hash)}));
        if (shared) change.touch();  // other processes may know it
        return change.audit("session", row->id.value, "signed_out", {},
                            {{"user", row->user.to_string()}});
      });
}

}  // namespace tenon::identity
