#pragma once
// The room as one object: everything that answers who asks, wired once by the composition root.

#include <memory>

#include "async/blocking_pool.h"
#include "base/sealing.h"
#include "identity/passwords.h"
#include "identity/realm.h"
#include "identity/sessions.h"
#include "identity/sign_in.h"
#include "identity/throttle.h"
#include "identity/trail.h"

namespace tenon::identity {

/// Thread: any, but start and stop from one owner. Lifetime: pool, clock, random and the executor's
/// threads outlive it, and so does what `find` uses.
struct Identity {
  struct Options {
    Sessions::Options sessions;
    Throttle::Options throttle;
    Passwords::Options passwords;
  };
  Identity(Options options, SealingKey sealing_key, BlockingPool& pool, Executor background,
           const Clock& clock, Random& random, Realms::Find find)
      : tools{clock, random},
        key(std::move(sealing_key)),
        realms(std::move(find)),
        passwords(pool, options.passwords),
        throttle(options.throttle, clock),
        trail(std::move(background), tools),
        sessions(options.sessions, tools, realms),
        sign_in(realms, sessions, passwords, throttle, trail, key) {}
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  ~Identity() = default;

  const Tools tools;
  const SealingKey key;
  Realms realms;
  Passwords passwords;
  Throttle throttle;
  Trail trail;
  Sessions sessions;
  SignIn sign_in;
};

}  // namespace tenon::identity
