#include "tenon/plugin/json.h"

namespace tenon::plugin {

namespace {

void write_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[static_cast<unsigned char>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

}  // namespace

std::string Json::write() const {
  std::string out;
  write_to(out);
  return out;
}

void Json::write_to(std::string& out) const {
  switch (kind_) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += boolean_ ? "true" : "false";
      return;
    case Kind::number:
      out += text_;
      return;
    case Kind::string:
      write_string(out, text_);
      return;
    case Kind::array:
    case Kind::object: {
      const bool named = kind_ == Kind::object;
      out += named ? '{' : '[';
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) out += ',';
        if (named) {
          write_string(out, names_[i]);
          out += ':';
        }
        items_[i].write_to(out);
      }
      out += named ? '}' : ']';
    }
  }
}

}  // namespace tenon::plugin
