#include "data/files/sniff.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"

namespace tenon::data {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t place;
  std::string_view bytes;
  std::string_view type;
};

constexpr std::array kMagic{
    Magic{0, "%PDF-"sv, "application/pdf"},
    Magic{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    Magic{0, "\xff\xd8\xff"sv, "image/jpeg"},
    Magic{0, "GIF87a"sv, "image/gif"},
    Magic{0, "GIF89a"sv, "image/gif"},
    Magic{8, "WEBPVP8"sv, "image/webp"},
    Magic{0, "\x1f\x8b\x08"sv, "application/gzip"},
};

constexpr std::string_view kOffice = "application/vnd.openxmlformats-officedocument.";
constexpr auto kWord = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"sv;
constexpr auto kSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"sv;
constexpr auto kSlides =
    "application/vnd.openxmlformats-officedocument.presentationml.presentation"sv;
static_assert(kWord.starts_with(kOffice));

/// An office document is an archive whose first entries tell which.
std::string_view archive(std::string_view head) {
  if (head.contains("word/"sv)) return kWord;
  if (head.contains("xl/"sv)) return kSheet;
  if (head.contains("ppt/"sv)) return kSlides;
  return "application/zip";
}

constexpr std::array kMarkup{
    "<!doctype html"sv, "<html"sv, "<head"sv,  "<body"sv,  "<script"sv, "<iframe"sv, "<svg"sv,
    "<!--"sv,           "<?xml"sv, "<title"sv, "<style"sv, "<table"sv,  "<a "sv,     "<div"sv,
    "<img"sv,           "<p>"sv,   "<br"sv,    "<h1"sv,    "<link"sv,   "<meta"sv,   "<object"sv,
    "<embed"sv,         "<form"sv, "<base"sv,  "<math"sv};

/// Markup anywhere in the head of a text makes it markup: browsers look further than the start.
std::string_view markup(std::string_view head) {
  std::string lower(head);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower.contains("<svg"sv)) return "image/svg+xml";
  const bool found = std::ranges::any_of(kMarkup, [&](auto tag) { return lower.contains(tag); });
  return found ? "text/html"sv : std::string_view();
}

bool is_text(std::string_view head) {
  if (head.empty()) return false;
  // The last character may be cut off.
  const auto bad = utf8::first_invalid_byte(head);
  if (bad && (head.size() < kSniffBytes || *bad + 4 <= head.size())) return false;
  return std::ranges::none_of(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || byte == 0x7f;
  });
}

}  // namespace

std::string_view sniff(std::string_view head) noexcept {
  head = head.substr(0, kSniffBytes);
  for (const auto& magic : kMagic)
    if (head.size() >= magic.place && head.substr(magic.place).starts_with(magic.bytes))
      return magic.type;
  if (head.starts_with("PK\x03\x04"sv)) return archive(head);
  if (const auto found = markup(head); !found.empty()) return found;
  return is_text(head) ? "text/plain"sv : "application/octet-stream"sv;
}

bool may_show_inline(std::string_view type) noexcept {
  constexpr std::array kShown{"image/png"sv, "image/jpeg"sv, "image/gif"sv, "image/webp"sv,
                              "application/pdf"sv};
  return std::ranges::find(kShown, type) != kShown.end();
}

}  // namespace tenon::data
