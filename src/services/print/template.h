#pragma once
// A document to print is HTML written by a module with places for values that come from strangers.
// A value must never become markup or script, wherever it stands, so the template is read as a
// browser reads it and every place is known before it is used: values stand in text or in a
// double-quoted attribute that holds nothing but text, and are escaped for both. Anything that
// could run, load or lead elsewhere is refused while the manifest is read.
//
//   {{name}} {{customer.name}}    a value; of a reference its label, or a field of what it names
//   {{#lines}}…{{/lines}}         once for each line; of a value: when it is there and not false
//   {{^lines}}…{{/lines}}         when there is none
//   {{!…}}                        nothing
//
// That is Mustache without partials, lambdas, raw output and other delimiters.

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::services {

struct TemplateProblem {
  std::uint32_t line = 0;  // from 1
  std::string message;
};

class PrintTemplate {
 public:
  static constexpr std::size_t kBytes = std::size_t{64} << 10;
  static constexpr std::size_t kDepth = 4;     // sections inside each other
  static constexpr std::size_t kPlaces = 500;  // values and sections

  struct Node {
    enum class Kind : std::uint8_t { html, style, value, section, inverted };
    Kind kind = Kind::html;
    std::string text;            // html: as it is; style: nothing; else a path, `customer.name`
    std::vector<Node> children;  // of a section
  };

  /// Everything that is wrong, in the order of the text.
  [[nodiscard]] static std::expected<PrintTemplate, std::vector<TemplateProblem>> parse(
      std::string_view html);
  [[nodiscard]] const std::vector<Node>& nodes() const noexcept { return nodes_; }

 private:
  std::vector<Node> nodes_;
};

/// `text` with everything escaped that means something in HTML text or in a double-quoted
/// attribute; NUL, which HTML cannot hold, becomes U+FFFD.
[[nodiscard]] std::string escaped_html(std::string_view text);

}  // namespace tenon::services
