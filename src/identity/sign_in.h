#pragma once
// From a name and a password to a session. Every way that does not lead there does the same work
// and gives the same answer, whether the company, the user or the password was wrong.

#include <string>

#include "base/sealing.h"
#include "identity/passwords.h"
#include "identity/sessions.h"
#include "identity/throttle.h"
#include "identity/trail.h"

namespace tenon::identity {

struct Attempt {
  std::string company, user;
  Secret<std::string> password;
  std::string code = {};  // of the second factor
  Remember remember = Remember::no;
  std::string address = {}, agent = {};
  std::optional<TraceId> trace = {};
};

struct SignedIn {
  std::string token;
  std::shared_ptr<const Principal> principal;  // shared with the session
  Remember remember = Remember::no;
};

/// Thread: any. Lifetime: its parts outlive it.
class SignIn {
 public:
  SignIn(Realms& realms, Sessions& sessions, Passwords& passwords, Throttle& throttle, Trail& trail,
         const SealingKey& key)
      : realms_(realms),
        sessions_(sessions),
        passwords_(passwords),
        throttle_(throttle),
        trail_(trail),
        key_(key) {}

  /// Errors: denied (`http.login_failed`; `session.code_required`, `session.code_wrong`: the
  /// password is right), exhausted (`session.throttled`), unavailable.
  [[nodiscard]] Task<SignedIn> run(Attempt attempt, Deadline deadline);

  /// Whether this is the password of a user who is signed in, for what must not be done with a
  /// session alone. Throttled like a sign-in. Errors: denied (`user.wrong_password`), exhausted
  /// (`session.throttled`).
  [[nodiscard]] Task<> confirm(std::shared_ptr<Realm> realm, UserId user,
                               Secret<std::string> password, std::string address,
                               Deadline deadline);

 private:
  struct Stored {
    UserId id;
    std::string name;
    std::optional<std::string> password;  // hash
    bool has_totp = false;
  };
  [[nodiscard]] static Result<std::optional<Stored>> find(storage::Session& session,
                                                          const std::string& name);
  [[nodiscard]] Task<SignedIn> enter(std::shared_ptr<Realm> realm, Stored user, Attempt attempt,
                                     std::string new_hash, Deadline deadline);

  Realms& realms_;
  Sessions& sessions_;
  Passwords& passwords_;
  Throttle& throttle_;
  Trail& trail_;
  const SealingKey& key_;
};

}  // namespace tenon::identity
