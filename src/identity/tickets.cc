#include "identity/tickets.h"

#include "identity/sql.h"
#include "identity/users.h"

namespace tenon::identity {

std::string_view to_string(TicketPurpose purpose) noexcept {
  return purpose == TicketPurpose::invitation ? "invitation" : "reset";
}

Result<Ticket> make_ticket(Change& change, UserId user) {
  TENON_ASSIGN(row, get_user(change.session(), user));
  TENON_TRY(check_may_manage(change, user));
  if (row.state == UserState::deactivated)
    return fail(Error(ErrorCode::conflict, "The user is deactivated; reactivate it first.")
                    .because("user.deactivated"));
  const bool invited = row.state == UserState::invited;
  Ticket ticket{.token = std::string(change.tenant()) + "." + change.make_secret(),
                .purpose = invited ? TicketPurpose::invitation : TicketPurpose::reset,
                .expires = change.now() + (invited ? kInvitationTime : kResetTime)};
  TENON_TRY(change.execute("DELETE FROM identity_ticket WHERE user_id = ?1 OR expires_at < ?2",
                           std::array<sql::Value, 2>{sql::id(user), sql::time(change.now())}));
  const Digest hash = sha256(ticket.token);
  TENON_TRY(change.execute(
      "INSERT INTO identity_ticket(hash, user_id, purpose, expires_at) VALUES(?1, ?2, ?3, ?4)",
      std::array<sql::Value, 4>{sql::digest(hash), sql::id(user),
                                static_cast<std::int64_t>(ticket.purpose),
                                sql::time(ticket.expires)}));
  TENON_TRY(change.audit(
      "user", user.value, "ticket_made", {},
      {{"purpose", to_string(ticket.purpose)}, {"expires_at", to_rfc3339(ticket.expires)}}));
  return ticket;
}

Result<TicketHolder> look_up_ticket(storage::Session& session, const std::string& token,
                                    Timestamp now) {
  std::optional<TicketHolder> found;
  const Digest hash = sha256(token);
  TENON_TRY(sql::each(session,
                      "SELECT t.user_id, u.name, t.purpose FROM identity_ticket AS t "
                      "JOIN identity_user AS u ON u.id = t.user_id "
                      "WHERE t.hash = ?1 AND t.expires_at > ?2 AND u.state <> 2",
                      std::array<sql::Value, 2>{sql::digest(hash), sql::time(now)},
                      [&](const sql::Row& row) {
                        found = TicketHolder{.user = sql::id_at<UserId>(row, 0),
                                             .name = std::string(row.text(1)),
                                             .purpose = static_cast<TicketPurpose>(row.integer(2))};
                      }));
  if (found) return *std::move(found);
  return fail(
      Error(ErrorCode::denied, "This link was used already or is too old; ask for a new one.")
          .because("ticket.invalid"));
}

Result<TicketHolder> use_ticket(Change& change, const std::string& token, const std::string& hash) {
  TENON_ASSIGN(holder, look_up_ticket(change.session(), token, change.now()));
  TENON_TRY(set_password(change, holder.user, hash, {}));
  return std::move(holder);
}

}  // namespace tenon::identity
