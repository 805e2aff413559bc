// A strict reader of RFC 8259. Text from the host is valid UTF-8 by the rules of the component
// model, so bytes above 0x7f are taken as they are.

#include "tenon/plugin/json.h"

namespace tenon::plugin {

namespace {

constexpr int kMaxDepth = 64;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

}  // namespace

/// Each step gives false at the first byte that no JSON text may have there; at_ then stands on it.
class JsonParser {
 public:
  explicit JsonParser(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  Result<Json> run() {
    Json json;
    skip_space();
    if (value(json, 0)) {
      skip_space();
      if (at_ == end_) return json;
    }
    return fail(
        ErrorCode::invalid,
        "not a JSON text: byte " + std::string(Json::integer(at_ - begin_).text()) + " is wrong");
  }

 private:
  [[nodiscard]] char peek() const { return at_ < end_ ? *at_ : '\0'; }

  bool take(char expected) {
    if (peek() != expected || at_ == end_) return false;
    ++at_;
    return true;
  }

  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool word(std::string_view expected) {
    if (std::string_view(at_, end_).substr(0, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool value(Json& out, int depth) {
    switch (peek()) {
      case '{':
        return depth < kMaxDepth && object(out, depth + 1);
      case '[':
        return depth < kMaxDepth && array(out, depth + 1);
      case '"':
        out.kind_ = Json::Kind::string;
        return string(out.text_);
      case 't':
      case 'f':
        out.kind_ = Json::Kind::boolean;
        out.boolean_ = peek() == 't';
        return word(out.boolean_ ? "true" : "false");
      case 'n':
        return word("null");
      default:
        return number(out);
    }
  }

  bool object(Json& out, int depth) {
    out.kind_ = Json::Kind::object;
    ++at_;
    skip_space();
    if (take('}')) return true;
    do {
      skip_space();
      std::string name;
      if (!string(name) || out.find(name) != nullptr) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      out.names_.push_back(std::move(name));
      if (!value(out.items_.emplace_back(), depth)) return false;
      skip_space();
    } while (take(','));
    return take('}');
  }

  bool array(Json& out, int depth) {
    out.kind_ = Json::Kind::array;
    ++at_;
    skip_space();
    if (take(']')) return true;
    do {
      skip_space();
      if (!value(out.items_.emplace_back(), depth)) return false;
      skip_space();
    } while (take(','));
    return take(']');
  }

  bool digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number(Json& out) {
    const char* first = at_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    out.kind_ = Json::Kind::number;
    out.text_.assign(first, at_);
    return true;
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    while (at_ < end_) {
      const char* plain = at_;
      while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
        ++at_;
      out.append(plain, at_);
      if (take('"')) return true;
      if (!take('\\') || !escape(out)) return false;
    }
    return false;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (take('u')) return escaped_point(out);
    const auto found = at_ < end_ ? kLetters.find(*at_) : std::string_view::npos;
    if (found == std::string_view::npos) return false;
    out += kMeanings[found];
    ++at_;
    return true;
  }

  bool escaped_point(std::string& out) {
    std::uint32_t point = 0;
    if (!hex4(point)) return false;
    if (point >= 0xDC00 && point < 0xE000) return false;
    if (point >= 0xD800 && point < 0xDC00) {
      std::uint32_t low = 0;
      if (!take('\\') || !take('u') || !hex4(low) || low < 0xDC00 || low >= 0xE000) return false;
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, point);
    return true;
  }

  bool hex4(std::uint32_t& out) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const char letter = static_cast<char>(c | 0x20);
      if (is_digit(c))
        out = out << 4 | static_cast<std::uint32_t>(c - '0');
      else if (letter >= 'a' && letter <= 'f')
        out = out << 4 | static_cast<std::uint32_t>(letter - 'a' + 10);
      else
        return false;
    }
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

Result<Json> Json::parse(std::string_view text) { return JsonParser(text).run(); }

}  // namespace tenon::plugin
