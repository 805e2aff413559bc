#pragma once
// The kinds of values a setting can have: how each is read, bounded and shown. Private to the room.

#include <chrono>
#include <concepts>
#include <filesystem>

#include "server/settings.h"

namespace tenon::server {

/// `8192`, `8KiB`, `25 MiB`, `1GiB`.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// `250ms`, `5s`, `2min`, `1h`.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string show_size(std::uint64_t bytes);
[[nodiscard]] std::string show_duration(std::chrono::milliseconds time);
/// A TOML basic string.
[[nodiscard]] std::string show_text(std::string_view text);

/// What a value comes to for each kind; empty when it is of another kind.
[[nodiscard]] std::optional<std::uint64_t> as_number(const SettingValue& value);
[[nodiscard]] std::optional<double> as_real(const SettingValue& value);
[[nodiscard]] std::optional<std::uint64_t> as_size(const SettingValue& value);
[[nodiscard]] std::optional<std::chrono::milliseconds> as_duration(const SettingValue& value);
[[nodiscard]] std::optional<bool> as_boolean(const SettingValue& value);
[[nodiscard]] std::optional<std::string> as_text(const SettingValue& value);
[[nodiscard]] std::optional<std::vector<std::string>> as_texts(const SettingValue& value);

/// `Get` gives a reference to the member: `[](auto& c) -> auto& { return c.http.threads; }`.
template <class Get>
Setting number(std::string_view key, std::string_view help, std::uint64_t least, std::uint64_t most,
               Get get) {
  return {.key = key,
          .help = help,
          .wants = "a number from " + std::to_string(least) + " to " + std::to_string(most),
          .put =
              [=](Config& config, const SettingValue& value) {
                const auto read = as_number(value);
                if (!read || *read < least || *read > most) return false;
                get(config) = static_cast<std::remove_cvref_t<decltype(get(config))>>(*read);
                return true;
              },
          .show = [=](const Config& config) { return std::to_string(get(config)); }};
}

template <class Get>
Setting size(std::string_view key, std::string_view help, std::uint64_t least, std::uint64_t most,
             Get get) {
  return {.key = key,
          .help = help,
          .wants = "a size from " + show_size(least) + " to " + show_size(most) +
                   ", as 8192 or \"8KiB\"",
          .put =
              [=](Config& config, const SettingValue& value) {
                const auto read = as_size(value);
                if (!read || *read < least || *read > most) return false;
                get(config) = static_cast<std::remove_cvref_t<decltype(get(config))>>(*read);
                return true;
              },
          .show = [=](const Config& config) { return show_text(show_size(get(config))); }};
}

template <class Get>
Setting duration(std::string_view key, std::string_view help, std::chrono::milliseconds least,
                 std::chrono::milliseconds most, Get get) {
  return {.key = key,
          .help = help,
          .wants = "a time from " + show_duration(least) + " to " + show_duration(most) +
                   ", as \"250ms\", \"5s\" or \"2min\"",
          .put =
              [=](Config& config, const SettingValue& value) {
                const auto read = as_duration(value);
                if (!read || *read < least || *read > most) return false;
                get(config) = *read;
                return true;
              },
          .show = [=](const Config& config) { return show_text(show_duration(get(config))); }};
}

/// A rate: so many a second, and twice that at once.
template <class Get>
Setting rate(std::string_view key, std::string_view help, Get get) {
  return {.key = key,
          .help = help,
          .wants = "a number from 0.1 to 1000000000",
          .put =
              [=](Config& config, const SettingValue& value) {
                const auto read = as_real(value);
                if (!read || !(*read >= 0.1) || *read > 1e9) return false;
                get(config) = Rate{.per_second = *read, .burst = 2 * *read};
                return true;
              },
          .show =
              [=](const Config& config) {
                auto text = std::to_string(get(config).per_second);
                text.erase(text.find_last_not_of('0') + 1);
                if (text.ends_with('.')) text.pop_back();
                return text;
              }};
}

template <class Get>
Setting boolean(std::string_view key, std::string_view help, Get get) {
  return {
      .key = key,
      .help = help,
      .wants = "true or false",
      .put =
          [=](Config& config, const SettingValue& value) {
            const auto read = as_boolean(value);
            if (!read) return false;
            get(config) = *read;
            return true;
          },
      .show = [=](const Config& config) { return std::string(get(config) ? "true" : "false"); }};
}

/// Text or a path.
template <class Get>
Setting text(std::string_view key, std::string_view help, Get get) {
  return {.key = key,
          .help = help,
          .wants = "text",
          .put =
              [=](Config& config, const SettingValue& value) {
                auto read = as_text(value);
                if (!read || read->find('\0') != std::string::npos) return false;
                get(config) = *std::move(read);
                return true;
              },
          .show =
              [=](const Config& config) {
                return show_text(std::filesystem::path(get(config)).string());
              }};
}

template <class Get>
Setting texts(std::string_view key, std::string_view help, Get get) {
  return {.key = key,
          .help = help,
          .wants = "an array of texts",
          .put =
              [=](Config& config, const SettingValue& value) {
                auto read = as_texts(value);
                if (!read) return false;
                get(config) = *std::move(read);
                return true;
              },
          .show =
              [=](const Config& config) {
                std::string all = "[";
                for (const auto& one : get(config))
                  all.append(all.size() > 1 ? ", " : "").append(show_text(one));
                return all + "]";
              }};
}

/// One of `words`, which stand for the values of an enumeration in its order.
template <class Get>
Setting choice(std::string_view key, std::string_view help, std::vector<std::string_view> words,
               Get get) {
  std::string wants = "one of";
  for (const auto word : words) wants.append(" ").append(show_text(word));
  return {.key = key,
          .help = help,
          .wants = std::move(wants),
          .put =
              [=](Config& config, const SettingValue& value) {
                const auto read = as_text(value);
                for (std::size_t i = 0; read && i < words.size(); ++i) {
                  if (*read != words[i]) continue;
                  get(config) = static_cast<std::remove_cvref_t<decltype(get(config))>>(i);
                  return true;
                }
                return false;
              },
          .show =
              [=](const Config& config) {
                return show_text(words[static_cast<std::size_t>(get(config))]);
              }};
}

}  // namespace tenon::server
