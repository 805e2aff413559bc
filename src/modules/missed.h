#pragma once
// A job may be due while the server is stopped. Manifests and the board of jobs say in the same
// words what becomes of it then.

#include <cstdint>
#include <string_view>

namespace tenon::modules {

/// What becomes of a job that was due while nothing ran.
enum class Missed : std::uint8_t {
  once,  // it runs once as soon as possible, however often it was due
  skip,  // it waits for the next time
};
/// The word of plugin.toml and JSON.
[[nodiscard]] std::string_view to_string(Missed missed) noexcept;

}  // namespace tenon::modules
