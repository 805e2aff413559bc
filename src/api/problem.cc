#include "api/problem.h"

#include <algorithm>
#include <array>

#include "api/messages.h"
#include "base/json.h"
#include "base/utf8.h"

namespace tenon::api {
namespace {

struct ReasonStatus {
  std::string_view reason;
  unsigned status;
};

constexpr std::array kReasonStatus = {
    ReasonStatus{"http.unauthenticated", 401},
    ReasonStatus{"http.login_failed", 401},
    ReasonStatus{"http.token", 401},
    ReasonStatus{"session.code_required", 401},
    ReasonStatus{"session.code_wrong", 401},
    ReasonStatus{"http.method", 405},
    ReasonStatus{"http.body_too_large", 413},
    ReasonStatus{"http.media_type", 415},
    ReasonStatus{"http.not_acceptable", 406},
    ReasonStatus{"http.timeout", 503},
    ReasonStatus{"data.version", 412},
    ReasonStatus{"schema.fields", 422},
    ReasonStatus{"idempotency.mismatch", 422},
    ReasonStatus{"query.singular", 406},
    ReasonStatus{"http.range_empty", 416},
    // Too much was asked for at once: waiting does not help.
    ReasonStatus{"limit.batch", 413},
    ReasonStatus{"batch.size", 413},
    ReasonStatus{"files.size", 413},
    ReasonStatus{"files.quota", 413},
    ReasonStatus{"imports.size", 413},
    ReasonStatus{"bulk.quota", 507},
    ReasonStatus{"data.max_affected", 422},
    ReasonStatus{"data.cascade", 422},
    ReasonStatus{"query.budget", 422},
    ReasonStatus{"query.groups", 422},
    ReasonStatus{"query.embedded", 422},
    ReasonStatus{"query.departments", 422},
    ReasonStatus{"query.as_of", 422},
    ReasonStatus{"query.count", 422},
    ReasonStatus{"idempotency.size", 422},
    ReasonStatus{"csv.row_bytes", 422},
    ReasonStatus{"csv.cell_bytes", 422},
    ReasonStatus{"csv.cells", 422},
    // The body as a whole has the wrong shape; a place in it only says where.
    ReasonStatus{"json.not_object", 400},
    ReasonStatus{"rpc.writes", 405},
    ReasonStatus{"http.too_slow", 408},
    ReasonStatus{"files.empty", 422},
    ReasonStatus{"files.field", 422},
    ReasonStatus{"data.past", 403},
    ReasonStatus{"view.count", 422},
    ReasonStatus{"preference.count", 422},
    // What the company has is full: somebody must make room.
    ReasonStatus{"plan.storage", 507},
    ReasonStatus{"plan.users", 409},
    ReasonStatus{"plan.departments", 409},
    ReasonStatus{"role.limit", 409},
    ReasonStatus{"token.limit", 409},
    ReasonStatus{"webhook.limit", 409},
    ReasonStatus{"comment.limit", 409},
};

/// What PostgREST's clients look for in `code`; everything else has our own words there.
constexpr std::string_view kNotSingle = "PGRST116";

bool is_chinese(std::string_view locale) noexcept { return locale.starts_with("zh"); }

/// A plugin that has spoken Chinese knows better what is missing than a word for the code.
bool speaks_chinese(const Error& error, std::string_view message) noexcept {
  return error.reason() == "plugin.refused" &&
         std::ranges::any_of(message, [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
}

/// What a client wrote may stand in a text cut off in the midst of a character: such bytes are
/// left out, so that the document stays one.
std::string whole_characters(std::string_view text) {
  if (utf8::is_valid(text)) return std::string(text);
  constexpr std::size_t kLongest = 4;
  std::string kept;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size < std::min(kLongest, text.size()) && !utf8::is_valid(text.substr(0, size))) ++size;
    if (utf8::is_valid(text.substr(0, size)))
      kept += text.substr(0, size);
    else
      size = 1;
    text.remove_prefix(size);
  }
  return kept;
}

json::array fields_of(const Error& error, std::string_view locale) {
  json::array fields;
  for (const FieldError& field : error.fields()) {
    std::string_view message = field.message;
    if (is_chinese(locale) && !speaks_chinese(error, message))
      if (const auto text = chinese(field.code)) message = *text;
    fields.push_back({{"path", whole_characters(field.path)},
                      {"code", field.code},
                      {"message", whole_characters(message)}});
  }
  return fields;
}

}  // namespace

unsigned http_status(const Error& error) noexcept {
  const auto* named = std::ranges::find(kReasonStatus, error.reason(), &ReasonStatus::reason);
  if (named != kReasonStatus.end()) return named->status;
  switch (error.code()) {
    case ErrorCode::invalid:
      return error.fields().empty() ? 400 : 422;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::denied:
      return 403;
    case ErrorCode::exhausted:
      return 429;
    case ErrorCode::unavailable:
    case ErrorCode::cancelled:
      return 503;
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

std::string problem_json(const Error& error, std::string_view locale, std::string_view trace,
                         int status) {
  std::string_view message = error.message();
  if (is_chinese(locale))
    if (const auto text = chinese(error.reason())) message = *text;
  json::object problem{
      {"type", "about:blank"},
      {"title", title_of(error.code(), locale)},
      {"status", status != 0 ? status : static_cast<int>(http_status(error))},
      {"code", error.reason() == "query.singular" ? kNotSingle : to_string(error.code())},
      {"message", whole_characters(message)},
      {"hint", hint_of(error.code(), locale)},
      {"fields", fields_of(error, locale)},
      {"trace_id", trace},
  };
  if (!error.reason().empty()) problem["reason"] = error.reason();
  problem["details"] = nullptr;
  if (!error.details().empty())
    if (auto details = json::parse(error.details())) problem["details"] = std::move(*details);
  return json::serialize(problem);
}

}  // namespace tenon::api
