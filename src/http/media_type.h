#pragma once
// The types of the files a web application is built of; every text type names its charset.

#include <array>
#include <string_view>
#include <utility>

namespace tenon::http {

/// By the last suffix of `name`; `application/octet-stream` for one we do not know.
[[nodiscard]] constexpr std::string_view media_type(std::string_view name) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kTypes = {{
      {"html", "text/html; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"json", "application/json; charset=utf-8"},
      {"map", "application/json; charset=utf-8"},
      {"webmanifest", "application/manifest+json; charset=utf-8"},
      {"txt", "text/plain; charset=utf-8"},
      {"md", "text/plain; charset=utf-8"},
      {"svg", "image/svg+xml; charset=utf-8"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"webp", "image/webp"},
      {"avif", "image/avif"},
      {"ico", "image/x-icon"},
      {"woff", "font/woff"},
      {"woff2", "font/woff2"},
      {"ttf", "font/ttf"},
      {"wasm", "application/wasm"},
  }};
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos) {
    for (const auto& [suffix, type] : kTypes) {
      if (name.substr(dot + 1) == suffix) return type;
    }
  }
  return "application/octet-stream";
}

}  // namespace tenon::http
