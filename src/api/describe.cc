#include "api/describe.h"

namespace tenon::api {
namespace {

using modules::Reply;

constexpr const char* kRow = "@|@.selection";
constexpr const char* kRows = "[@|@.selection]";

/// `json` is the type where an array of rows, or the one row, is asked for as JSON.
std::vector<Reply> in_each_form(const std::vector<int>& statuses,
                                const std::vector<std::string>& headers, const char* json) {
  std::vector<Reply> replies;
  for (const int status : statuses) {
    if (status == 204) {
      replies.push_back({status, "", headers});
      continue;
    }
    replies.push_back({status, json, headers});
    replies.push_back({status, kRow, headers, kObjectMedia});
    replies.push_back({status, "text", headers, kCsvMedia});
  }
  return replies;
}

}  // namespace

std::vector<Reply> row_replies(const std::vector<int>& statuses,
                               const std::vector<std::string>& headers) {
  return in_each_form(statuses, headers, kRow);
}

std::vector<Reply> part_replies() {
  return in_each_form(
      {200, 206},
      {"Content-Range", "Link?", "X-Count-Capped?", "X-Count-Estimated?", "Preference-Applied?"},
      kRows);
}

std::vector<Reply> written_replies(const std::vector<int>& statuses,
                                   std::vector<std::string> headers) {
  for (const char* more : {"Content-Range", "Preference-Applied?", "Idempotency-Replayed?"})
    headers.emplace_back(more);
  return in_each_form(statuses, headers, kRows);
}

std::vector<Reply> created_replies() {
  const std::vector<int> statuses{201, 200};
  auto replies = written_replies(statuses, {"Location?", "ETag?"});
  for (const int status : statuses) replies.push_back({status, "text(..0)", {}, "text/plain"});
  return replies;
}

std::vector<Reply> changed_replies(std::vector<std::string> headers) {
  for (const char* more : {"Preference-Applied?", "Idempotency-Replayed?"})
    headers.emplace_back(more);
  return in_each_form({200, 204}, headers, kRow);
}

}  // namespace tenon::api
