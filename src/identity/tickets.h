#pragma once
// A one-time link: who holds it may choose the password of one user, once and for a while. It is
// what an invited user gets, and who has forgotten a password.

#include <string>

#include "identity/change.h"

namespace tenon::identity {

enum class TicketPurpose : std::uint8_t { invitation, reset };
[[nodiscard]] std::string_view to_string(TicketPurpose purpose) noexcept;

inline constexpr std::chrono::hours kInvitationTime{7 * 24};
inline constexpr std::chrono::hours kResetTime{1};

struct Ticket {
  std::string token;  // shown once; `acme.` and a secret
  TicketPurpose purpose = TicketPurpose::reset;
  Timestamp expires;
};

/// Makes a ticket for a user and ends those it had: an invitation while it has no password yet, a
/// reset after. Errors: not_found (`user.unknown`), conflict (`user.deactivated`), denied
/// (`user.escalation`).
[[nodiscard]] Result<Ticket> make_ticket(Change& change, UserId user);

struct TicketHolder {
  UserId user;
  std::string name;
  TicketPurpose purpose = TicketPurpose::reset;
};
/// Whose ticket this is. Errors: denied (`ticket.invalid`) alike for one that never was, was used
/// or is too old.
[[nodiscard]] Result<TicketHolder> look_up_ticket(storage::Session& session,
                                                  const std::string& token, Timestamp now);
/// Stores the password (as its hash) and ends the ticket, the user's sessions included.
[[nodiscard]] Result<TicketHolder> use_ticket(Change& change, const std::string& token,
                                              const std::string& hash);

}  // namespace tenon::identity
