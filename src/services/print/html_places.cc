#include "services/print/html_places.h"

#include <algorithm>
#include <array>

namespace tenon::services {
namespace {

using namespace std::string_view_literals;

// What a document on paper is made of. Nothing here runs, loads or leads away.
constexpr std::array kElements = {
    "a"sv,      "abbr"sv,    "address"sv, "article"sv, "b"sv,     "bdi"sv,        "blockquote"sv,
    "br"sv,     "caption"sv, "cite"sv,    "code"sv,    "col"sv,   "colgroup"sv,   "dd"sv,
    "del"sv,    "div"sv,     "dl"sv,      "dt"sv,      "em"sv,    "figcaption"sv, "figure"sv,
    "footer"sv, "h1"sv,      "h2"sv,      "h3"sv,      "h4"sv,    "h5"sv,         "h6"sv,
    "header"sv, "hr"sv,      "i"sv,       "img"sv,     "ins"sv,   "li"sv,         "main"sv,
    "mark"sv,   "ol"sv,      "p"sv,       "pre"sv,     "q"sv,     "s"sv,          "section"sv,
    "small"sv,  "span"sv,    "strong"sv,  "style"sv,   "sub"sv,   "sup"sv,        "table"sv,
    "tbody"sv,  "td"sv,      "tfoot"sv,   "th"sv,      "thead"sv, "time"sv,       "tr"sv,
    "u"sv,      "ul"sv,      "wbr"sv};
// Attributes that hold text or numbers: a value may stand in them.
constexpr std::array kPlain = {"class"sv, "title"sv,   "alt"sv,      "id"sv,    "lang"sv,
                               "dir"sv,   "colspan"sv, "rowspan"sv,  "span"sv,  "scope"sv,
                               "width"sv, "height"sv,  "datetime"sv, "start"sv, "headers"sv};
// Attributes that hold an address: as the author wrote it, never with a value.
constexpr std::array kFixed = {"href"sv, "src"sv};

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_plain(std::string_view attribute) noexcept {
  return std::ranges::find(kPlain, attribute) != kPlain.end() || attribute.starts_with("data-") ||
         attribute.starts_with("aria-");
}

}  // namespace

HtmlPlaces::Place HtmlPlaces::place() const noexcept {
  if (state_ == State::text) return Place::text;
  return state_ == State::value && is_plain(attribute_) ? Place::attribute : Place::elsewhere;
}

std::string HtmlPlaces::why() const {
  switch (state_) {
    case State::value:
      return "a value may not stand in the attribute \"" + attribute_ + "\"";
    case State::style:
      return "a value may not stand in a style sheet";
    case State::comment:
    case State::markup:
      return "a value may not stand in an HTML comment; write {{! … }} to leave a part out";
    case State::text:
      return {};
    default:
      return "a value may stand in text or in an attribute in double quotes, not in a tag";
  }
}

std::string HtmlPlaces::end_name() {
  if (closing_) return "an end tag has no attributes";
  if (tag_ == "style") return "write <style> without attributes";
  if (is_plain(attribute_)) return {};
  const bool fixed = std::ranges::find(kFixed, attribute_) != kFixed.end();
  if (fixed && ((attribute_ == "href" && tag_ == "a") || (attribute_ == "src" && tag_ == "img")))
    return {};
  if (attribute_ == "style")
    return "the attribute \"style\" is not allowed; use a class and <style>";
  return "the attribute \"" + attribute_.substr(0, 40) + "\" is not allowed";
}

std::string HtmlPlaces::end_tag() {
  const bool style = tag_ == "style" && !closing_;
  state_ = style ? State::style : State::text;
  opened_style_ = style;
  tail_.clear();
  if (std::ranges::find(kElements, tag_) != kElements.end()) return {};
  return "the element <" + tag_.substr(0, 40) + "> is not allowed";
}

std::string HtmlPlaces::take(char raw) {
  const char c = lower(raw);
  opened_style_ = false;
  switch (state_) {
    case State::text:
      if (c != '<') return {};
      state_ = State::tag_open;
      closing_ = false;
      tag_.clear();
      return {};
    case State::tag_open:
      if (c == '/' && !closing_) {
        closing_ = true;
        return {};
      }
      if (c >= 'a' && c <= 'z') {
        tag_ += c;
        state_ = State::tag_name;
        return {};
      }
      if (c == '!' && !closing_) {
        tail_.clear();
        state_ = State::markup;
        return {};
      }
      state_ = State::text;
      return "write &lt; for the sign <";
    case State::tag_name:
      if (is_name(c)) {
        tag_ += c;
        return {};
      }
      state_ = State::in_tag;
      [[fallthrough]];
    case State::in_tag:
      if (c == '>') return end_tag();
      if (is_space(c) || c == '/') return {};
      attribute_.assign(1, c);
      state_ = State::name;
      return is_name(c) ? std::string() : "a tag is wrongly written";
    case State::name:
      if (is_name(c)) {
        attribute_ += c;
        return {};
      }
      if (c == '=') {
        state_ = State::before_value;
        return end_name();
      }
      state_ = State::in_tag;
      return "an attribute is written name=\"value\"";
    case State::before_value:
      state_ = c == '"' ? State::value : State::in_tag;
      tail_.clear();
      return c == '"' ? std::string() : "the value of an attribute stands in double quotes";
    case State::value: {
      if (c == '"') {
        state_ = State::in_tag;
        if (attribute_ == "href" && !tail_.starts_with("#") && !tail_.starts_with("https://"))
          return "an address is https://… or #…";
        if (attribute_ == "src" && !tail_.starts_with("data:image/") && !tail_.starts_with("/"))
          return "a picture is data:image/… or lies on this server (/…)";
        return {};
      }
      constexpr std::size_t kHead = 16;
      if (tail_.size() < kHead) tail_ += c;
      return {};
    }
    case State::markup:
      tail_ += c;
      if (tail_ == "--") {
        tail_.clear();
        state_ = State::comment;
        return {};
      }
      if (tail_ == "-") return {};
      state_ = State::text;
      return "<! begins a comment here, and nothing else";
    case State::comment:
      tail_ += c;
      if (tail_.ends_with("-->")) state_ = State::text;
      if (tail_.size() > 3) tail_.erase(0, tail_.size() - 3);
      // A browser ends a comment earlier by these.
      if (tail_ == ">" || tail_ == "->" || tail_.ends_with("!>")) {
        state_ = State::text;
        return "a comment is written <!-- … -->";
      }
      return {};
    case State::style:
      if (tail_ == "</style") {
        state_ = State::text;
        return c == '>' ? std::string() : "write </style>";
      }
      tail_ += c;
      if (tail_.size() > 7) tail_.erase(0, tail_.size() - 7);
      return tail_.ends_with("@import") ? "a style sheet loads no other" : std::string();
  }
  return {};
}

}  // namespace tenon::services
