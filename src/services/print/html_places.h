#pragma once
// Where in an HTML text one is: the part of a browser's tokenizer that decides whether a value may
// stand there. What a template may not have at all is refused on the way.

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::services {

/// Takes the text piece by piece. Thread: one.
class HtmlPlaces {
 public:
  enum class Place : std::uint8_t {
    text,       // a value may stand here
    attribute,  // in a double-quoted value that holds plain text: here too
    elsewhere,  // in a tag, a comment, a style sheet, an address: not here
  };

  /// Empty, or what is not allowed; reading goes on.
  [[nodiscard]] std::string take(char c);
  [[nodiscard]] Place place() const noexcept;
  /// Whether the last `>` ended the start tag of a style sheet.
  [[nodiscard]] bool opened_style() const noexcept { return opened_style_; }
  /// Why a value may not stand here; for people.
  [[nodiscard]] std::string why() const;

 private:
  enum class State : std::uint8_t {
    text,
    tag_open,      // behind `<`
    tag_name,      //
    in_tag,        // between attributes
    name,          // of an attribute
    before_value,  // behind `=`
    value,         // in double quotes
    markup,        // behind `<!`
    comment,       //
    style,         // the text of a style sheet
  };
  [[nodiscard]] std::string end_name();
  [[nodiscard]] std::string end_tag();

  State state_ = State::text;
  std::string tag_, attribute_, tail_;
  bool closing_ = false;
  bool opened_style_ = false;
};

}  // namespace tenon::services
