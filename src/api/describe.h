#pragma once
// Words that the descriptions of many routes have in common; modules/operation.h has the language.

#include <string>
#include <vector>

#include "modules/operation.h"

namespace tenon::api {

inline constexpr const char* kPluginId = "/^[a-z][a-z0-9_]{0,39}$/";
inline constexpr const char* kIfMatch = R"(/^(\*|"[0-9]{1,19}")$/)";
inline constexpr const char* kIdempotencyKey = "/^[!-~]{1,255}$/";
inline constexpr const char* kRange = "/^(items=)?[0-9]{1,18}-[0-9]{0,18}$/";
/// The usual ones; others are read over, as RFC 7240 asks.
inline constexpr const char* kPrefer =
    "'return=representation'|'return=minimal'|'count=exact'|'nulls=stripped'|'tx=rollback'|text";
inline constexpr const char* kTicketType =
    "{purpose: 'invitation'|'reset', link: text, token: text, expires_at: time}";
inline constexpr const char* kObjectMedia = "application/vnd.pgrst.object+json";
inline constexpr const char* kCsvMedia = "text/csv";

/// Answers that show one record in each form that a client may ask for.
[[nodiscard]] std::vector<modules::Reply> row_replies(const std::vector<int>& statuses,
                                                      const std::vector<std::string>& headers);
/// Of a list, whole or in part.
[[nodiscard]] std::vector<modules::Reply> part_replies();
/// Of a write of several records; 204 has nothing to show.
[[nodiscard]] std::vector<modules::Reply> written_replies(const std::vector<int>& statuses,
                                                          std::vector<std::string> headers);
/// Of a creation, where the records are shown only to who asks for them.
[[nodiscard]] std::vector<modules::Reply> created_replies();
/// Of a change of one record.
[[nodiscard]] std::vector<modules::Reply> changed_replies(std::vector<std::string> headers);

}  // namespace tenon::api
