#include "api/prefer.h"

#include <charconv>

#include "http/ascii.h"

namespace tenon::api {
namespace {

constexpr std::size_t kMostAffected = 1000;

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Result<> wrong(std::string_view preference) {
  return fail(
      Error(ErrorCode::invalid, "Prefer: \"" + std::string(preference) + "\" is not understood")
          .because("prefer.value"));
}

Result<> apply(Preferences& preferences, std::string_view preference) {
  const auto equals = preference.find('=');
  const std::string_view name = trim(preference.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view{} : trim(preference.substr(equals + 1));
  if (name == "return") {
    if (value == "minimal")
      preferences.what = Return::minimal;
    else if (value == "headers-only")
      preferences.what = Return::headers_only;
    else if (value == "representation")
      preferences.what = Return::representation;
    else
      return wrong(preference);
  } else if (name == "count") {
    if (value == "exact")
      preferences.count = data::Count::exact;
    else if (value == "planned")
      preferences.count = data::Count::planned;
    else if (value == "estimated")
      preferences.count = data::Count::estimated;
    else
      return wrong(preference);
  } else if (name == "max-affected") {
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), preferences.max_affected);
    if (error != std::errc{} || end != value.data() + value.size() ||
        preferences.max_affected > kMostAffected)
      return wrong(preference);
  }
  return {};
}

}  // namespace

Result<Preferences> preferences_of(const http::Request& request) {
  Preferences preferences;
  Result<> done;
  request.for_each_header([&](std::string_view name, std::string_view value) {
    if (!http::same_without_case(name, "prefer")) return;
    while (done && !value.empty()) {
      const auto comma = value.find(',');
      done = apply(preferences, trim(value.substr(0, comma)));
      value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    }
  });
  if (!done) return fail(std::move(done.error()));
  return preferences;
}

}  // namespace tenon::api
