#include "plugins/manifest/depth.h"

#include <vector>

namespace tenon::plugins {
namespace {

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t limit) : text_(text), limit_(limit) {}

  std::optional<Place> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        skip_comment();
      } else if (c == '"' || c == '\'') {
        skip_string(c);
        blank_line_ = false;
      } else {
        step(c);
        advance();
      }
      if (depth() > limit_) return place_;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::size_t depth() const { return header_ + enclosing_ + dots_; }

  void step(char c) {
    switch (c) {
      case '\n':
        if (open_.empty()) end_statement();
        return;
      case '.':
        ++dots_;
        break;
      case '=':
        pending_ = dots_;
        dots_ = 0;
        break;
      case '[':
        if (open_.empty() && (blank_line_ || in_header_)) {
          begin_header();
          break;
        }
        [[fallthrough]];
      case '{':
        push();
        break;
      case ']':
        if (in_header_) {
          header_ += dots_;
          dots_ = 0;
          in_header_ = false;
          break;
        }
        [[fallthrough]];
      case '}':
        pop();
        break;
      case ',':
        pending_ = dots_ = 0;
        break;
      default:
        if (c == ' ' || c == '\t' || c == '\r') return;
        break;
    }
    blank_line_ = false;
  }

  void begin_header() {
    header_ = in_header_ ? 2 : 1;  // `[[` opens an array and a table
    in_header_ = true;
    dots_ = pending_ = 0;
  }

  void push() {
    open_.push_back(1 + pending_ + dots_);
    enclosing_ += open_.back();
    pending_ = dots_ = 0;
  }

  void pop() {
    if (!open_.empty()) {
      enclosing_ -= open_.back();
      open_.pop_back();
    }
    pending_ = dots_ = 0;
  }

  void end_statement() {
    pending_ = dots_ = 0;
    in_header_ = false;
    blank_line_ = true;
  }

  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') advance();
  }

  void skip_string(char quote) {
    const bool is_long = text_.substr(at_, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''");
    for (int i = is_long ? 3 : 1; i > 0; --i) advance();
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"') {
        advance();
      } else if (c == '\n' && !is_long) {
        return;  // a syntax error, at which the parser stops too
      } else if (c == quote && !is_long) {
        advance();
        return;
      } else if (c == quote && text_.substr(at_, 3) == std::string(3, quote)) {
        // Up to two quotes may stand before the closing three.
        while (at_ < text_.size() && text_[at_] == quote) advance();
        return;
      }
      advance();
    }
  }

  void advance() {
    if (at_ >= text_.size()) return;
    const auto byte = static_cast<unsigned char>(text_[at_++]);
    if (byte == '\n') {
      ++place_.line;
      place_.column = 1;
    } else if (at_ == text_.size() || (static_cast<unsigned char>(text_[at_]) & 0xC0U) != 0x80U) {
      ++place_.column;
    }
  }

  std::string_view text_;
  std::size_t limit_;
  std::size_t at_ = 0;
  Place place_;
  std::vector<std::size_t> open_;  // what each open bracket added to enclosing_
  std::size_t enclosing_ = 0;
  std::size_t header_ = 0;   // depth of the table that the last header opened
  std::size_t dots_ = 0;     // of the key being read
  std::size_t pending_ = 0;  // of the key whose value is being read
  bool blank_line_ = true;
  bool in_header_ = false;
};

}  // namespace

std::optional<Place> find_too_deep(std::string_view text, std::size_t limit) {
  return Scanner(text, limit).run();
}

}  // namespace tenon::plugins
