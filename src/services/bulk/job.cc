#include "services/bulk/job.h"

#include "services/bulk/outlook.h"

namespace tenon::services {
namespace {

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

/// The stored error with its texts in the reader's language.
json::object in_words(const json::object& stored, std::string_view locale, const Outlook& outlook) {
  json::object error = stored;
  error["message"] =
      words_of(outlook, text_of(stored, "reason"), text_of(stored, "message"), locale);
  if (auto* fields = error.if_contains("fields"); fields != nullptr && fields->is_array())
    for (auto& field : fields->get_array())
      if (field.is_object()) {
        auto& object = field.get_object();
        const std::string message(
            words_of(outlook, text_of(object, "code"), text_of(object, "message"), locale));
        object["message"] = message;
      }
  return error;
}

json::value moment(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

}  // namespace

std::string_view words_of(const Outlook& outlook, std::string_view reason, std::string_view english,
                          std::string_view locale) {
  if (!locale.starts_with("zh")) return english;
  return outlook.chinese(reason).value_or(english);
}

std::string_view to_string(JobState state) noexcept {
  switch (state) {
    case JobState::uploaded:
      return "uploaded";
    case JobState::waiting:
      return "waiting";
    case JobState::running:
      return "running";
    case JobState::undoing:
      return "undoing";
    case JobState::done:
      return "done";
    case JobState::failed:
      return "failed";
    case JobState::cancelled:
      return "cancelled";
    case JobState::interrupted:
      return "interrupted";
  }
  return "failed";
}

json::object error_json(const Error& error) {
  json::array fields;
  for (const auto& field : error.fields())
    fields.push_back({{"path", field.path}, {"code", field.code}, {"message", field.message}});
  return {{"code", to_string(error.code())},
          {"reason", error.reason()},
          {"message", error.message()},
          {"fields", std::move(fields)}};
}

json::object to_json(const Job& job, std::string_view locale, const Outlook& outlook) {
  json::object shown{{"id", job.id.to_string()},
                     {"entity", job.entity},
                     {"name", job.name},
                     {"state", to_string(job.state)},
                     {"request", job.request},
                     {"progress", job.progress},
                     {"error", nullptr},
                     {"created_at", to_rfc3339(job.created_at)},
                     {"started_at", moment(job.started_at)},
                     {"finished_at", moment(job.finished_at)},
                     {"expires_at", to_rfc3339(job.expires_at)}};
  if (!job.error.empty()) shown["error"] = in_words(job.error, locale, outlook);
  return shown;
}

}  // namespace tenon::services
