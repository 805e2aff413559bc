#include "api/prefer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/ascii.h"

namespace tenon::api {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Enum, std::size_t N>
bool choose(const std::array<std::pair<std::string_view, Enum>, N>& known, std::string_view value,
            auto& into) {
  for (const auto& [word, meaning] : known)
    if (word == value) {
      into = meaning;
      return true;
    }
  return false;
}

constexpr std::array<std::pair<std::string_view, Return>, 3> kReturns = {
    {{"minimal", Return::minimal},
     {"headers-only", Return::headers_only},
     {"representation", Return::representation}}};
constexpr std::array<std::pair<std::string_view, data::Count>, 4> kCounts = {
    {{"exact", data::Count::exact},
     {"planned", data::Count::planned},
     {"estimated", data::Count::estimated},
     {"capped", data::Count::estimated}}};
constexpr std::array<std::pair<std::string_view, data::Resolution>, 2> kResolutions = {
    {{"merge-duplicates", data::Resolution::merge},
     {"ignore-duplicates", data::Resolution::ignore}}};
constexpr std::array<std::pair<std::string_view, Missing>, 2> kMissing = {
    {{"default", Missing::fallback}, {"null", Missing::null}}};
constexpr std::array<std::pair<std::string_view, bool>, 1> kNulls = {{{"stripped", true}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> kEnds = {
    {{"rollback", true}, {"commit", false}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> kHandling = {
    {{"strict", true}, {"lenient", false}}};

bool read_bound(std::string_view value, std::size_t& into) {
  std::size_t bound = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bound);
  if (error != std::errc{} || end != value.data() + value.size() || bound > kMostAffected)
    return false;
  into = bound;
  return true;
}

enum class Known : std::uint8_t { no, yes, wrong };

Known apply(Preferences& to, bool& strict, std::string_view name, std::string_view value) {
  bool good = false;
  if (name == "return")
    good = choose(kReturns, value, to.what);
  else if (name == "count")
    good = choose(kCounts, value, to.count);
  else if (name == "resolution")
    good = choose(kResolutions, value, to.resolution);
  else if (name == "missing")
    good = choose(kMissing, value, to.missing);
  else if (name == "nulls")
    good = choose(kNulls, value, to.strip_nulls);
  else if (name == "tx")
    good = choose(kEnds, value, to.dry_run);
  else if (name == "handling")
    good = choose(kHandling, value, strict);
  else if (name == "max-affected")
    good = read_bound(value, to.max_affected);
  else
    return Known::no;
  return good ? Known::yes : Known::wrong;
}

std::unexpected<Error> wrong(std::string_view preference) {
  return fail(Error(ErrorCode::invalid,
                    "Prefer: \"" + std::string(preference.substr(0, 64)) + "\" is not understood")
                  .because("prefer.value"));
}

}  // namespace

Result<Preferences> preferences_of(const http::Request& request) {
  Preferences preferences;
  bool strict = false;
  std::string unknown;
  Result<> done;
  request.for_each_header([&](std::string_view field, std::string_view value) {
    if (!http::same_without_case(field, "prefer")) return;
    while (done && !value.empty()) {
      const auto comma = value.find(',');
      // Parameters behind a semicolon say nothing that is known here.
      const auto item = trim(value.substr(0, comma));
      const auto preference = trim(item.substr(0, item.find(';')));
      value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
      if (preference.empty()) continue;
      const auto equals = preference.find('=');
      const auto name = trim(preference.substr(0, equals));
      auto text = equals == std::string_view::npos ? std::string_view()
                                                   : trim(preference.substr(equals + 1));
      if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
      switch (apply(preferences, strict, name, text)) {
        case Known::no:
          unknown = preference;
          break;
        case Known::yes:
          preferences.given.push_back(
              {std::string(name), std::string(name) + "=" + std::string(text)});
          break;
        case Known::wrong:
          done = wrong(preference);
      }
    }
  });
  if (done && strict && !unknown.empty()) done = wrong(unknown);
  if (!done) return fail(std::move(done.error()));
  return preferences;
}

std::string applied(const Preferences& preferences, Use use) {
  constexpr std::array<std::string_view, 3> kOfReads = {"count", "nulls", "handling"};
  std::string text;
  for (const auto& one : preferences.given) {
    if (use == Use::read && std::ranges::find(kOfReads, one.name) == kOfReads.end()) continue;
    text += (text.empty() ? "" : ", ") + one.text;
  }
  return text;
}

}  // namespace tenon::api
