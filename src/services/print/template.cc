#include "services/print/template.h"

#include <algorithm>
#include <optional>

#include "services/print/html_places.h"

namespace tenon::services {
namespace {

using Node = PrintTemplate::Node;

/// `name` or `customer.name`.
bool is_path(std::string_view text) noexcept {
  const auto word = [](std::string_view part) {
    return !part.empty() && part.front() >= 'a' && part.front() <= 'z' &&
           std::ranges::all_of(part, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
  };
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return word(text);
  return word(text.substr(0, dot)) && word(text.substr(dot + 1));
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  explicit Parser(std::string_view html) : rest_(html) { open_.push_back({}); }

  std::vector<Node> run() {
    while (!rest_.empty()) {
      if (rest_.starts_with("{{"))
        tag();
      else
        character();
    }
    flush();
    if (places_.place() != HtmlPlaces::Place::text) wrong("the text ends inside a tag or comment");
    while (open_.size() > 1) {
      wrong("the section {{#" + open_.back().text + "}} is not closed");
      close();
    }
    return std::move(open_.front().children);
  }
  std::vector<TemplateProblem> take_problems() { return std::move(problems_); }

 private:
  void wrong(std::string message) { problems_.push_back({line_, std::move(message)}); }
  void add(Node node) { open_.back().children.push_back(std::move(node)); }
  void flush() {
    if (html_.empty()) return;
    add({.kind = Node::Kind::html, .text = std::move(html_), .children = {}});
    html_.clear();
  }
  void close() {
    auto section = std::move(open_.back());
    open_.pop_back();
    add(std::move(section));
  }

  void character() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\n') ++line_;
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t')
      return wrong("a control character");
    if (auto problem = places_.take(c); !problem.empty()) wrong(std::move(problem));
    html_ += c;
    if (!places_.opened_style()) return;
    html_.resize(html_.rfind('<'));
    flush();
    add({.kind = Node::Kind::style, .text = {}, .children = {}});
  }

  void tag() {
    const bool triple = rest_.starts_with("{{{");
    const auto end = rest_.find("}}");
    if (end == std::string_view::npos) {
      wrong("{{ is not closed");
      rest_ = {};
      return;
    }
    auto inside = rest_.substr(2, end - 2);
    line_ += static_cast<std::uint32_t>(std::ranges::count(inside, '\n'));
    rest_.remove_prefix(end + 2);
    if (triple) return wrong("raw output {{{…}}} is not allowed; values are always escaped");
    if (inside.starts_with('!')) return;
    const char kind = inside.empty() ? ' ' : inside.front();
    if (std::string_view("&>=<").contains(kind))
      return wrong(std::string("{{") + kind +
                   "…}} is not allowed: no raw output, partials or other delimiters");
    const bool section = kind == '#' || kind == '^' || kind == '/';
    const auto path = trimmed(section ? inside.substr(1) : inside);
    if (!is_path(path))
      return wrong("\"" + std::string(path.substr(0, 40)) +
                   "\" is no name such as total or customer.name");
    if (++count_ == PrintTemplate::kPlaces + 1) return wrong("at most 500 places are allowed");
    const auto place = places_.place();
    if (place == HtmlPlaces::Place::elsewhere) return wrong(places_.why());
    if (section && place != HtmlPlaces::Place::text)
      return wrong("a section begins and ends in text, not in an attribute");
    flush();
    if (!section)
      return add({.kind = Node::Kind::value, .text = std::string(path), .children = {}});
    if (kind == '/') return end_section(path);
    if (path.contains('.')) return wrong("a section has a plain name");
    if (open_.size() > PrintTemplate::kDepth) return wrong("sections are nested deeper than 4");
    open_.push_back({.kind = kind == '#' ? Node::Kind::section : Node::Kind::inverted,
                     .text = std::string(path),
                     .children = {}});
  }

  void end_section(std::string_view path) {
    if (open_.size() > 1 && open_.back().text == path) return close();
    wrong("{{/" + std::string(path) + "}} closes no section" +
          (open_.size() > 1 ? "; {{/" + open_.back().text + "}} is expected" : std::string()));
  }

  std::string_view rest_;
  HtmlPlaces places_;
  std::vector<Node> open_;
  std::string html_;
  std::vector<TemplateProblem> problems_;
  std::uint32_t line_ = 1;
  std::size_t count_ = 0;
};

}  // namespace

std::expected<PrintTemplate, std::vector<TemplateProblem>> PrintTemplate::parse(
    std::string_view html) {
  if (html.size() > kBytes)
    return std::unexpected(
        std::vector<TemplateProblem>{{1, "a template has at most 65,536 bytes"}});
  Parser parser(html);
  PrintTemplate made;
  made.nodes_ = parser.run();
  auto problems = parser.take_problems();
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return made;
}

std::string escaped_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '`':
        out += "&#96;";
        break;
      case '\0':
        out += "\xEF\xBF\xBD";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace tenon::services
