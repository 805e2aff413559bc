#pragma once
// Structured data crosses the boundary as JSON in one string. This is the smallest tree that serves
// a business module: order of members is kept, numbers stay the text they were written as (a price
// never passes through a float), and float conversion, which alone is larger than a whole module,
// does not exist.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tenon/plugin/result.h"

namespace tenon::plugin {

class Json {
 public:
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  using Member = std::pair<std::string_view, Json>;

  Json();
  // Out of line: copies made in place would be a third of a module's code.
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();
  Json(std::nullptr_t) : Json() {}
  Json(std::same_as<bool> auto value) : Json() {
    kind_ = Kind::boolean;
    boolean_ = value;
  }
  Json(std::string_view text);
  Json(const char* text) : Json(std::string_view(text)) {}
  Json(std::string text);

  [[nodiscard]] static Json integer(std::int64_t value);
  /// Requires: `digits` is a JSON number (`12.50`).
  [[nodiscard]] static Json number(std::string_view digits);
  [[nodiscard]] static Json array(std::initializer_list<Json> items = {});
  [[nodiscard]] static Json object(std::initializer_list<Member> members = {});

  /// One JSON text. Errors: invalid for anything RFC 8259 refuses, for a name that occurs twice in
  /// an object, and for nesting deeper than 64.
  [[nodiscard]] static Result<Json> parse(std::string_view text);
  /// The shortest text, members in their order.
  [[nodiscard]] std::string write() const;
  void write_to(std::string& out) const;

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::object; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::array; }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::string; }

  /// The text of a string or the digits of a number; empty for every other kind.
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] bool is_true() const { return kind_ == Kind::boolean && boolean_; }
  /// A number or a string that holds a whole number of 64 bits.
  [[nodiscard]] std::optional<std::int64_t> to_integer() const;

  /// Items of an array, values of an object.
  [[nodiscard]] std::span<const Json> items() const { return items_; }
  [[nodiscard]] std::span<const std::string> names() const { return names_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

  /// The member of an object, or null when it has none of this name.
  [[nodiscard]] const Json* find(std::string_view name) const;
  [[nodiscard]] Json* find(std::string_view name);
  /// The member, or JSON null: for reading `record["city"].text()`.
  [[nodiscard]] const Json& operator[](std::string_view name) const;

  /// Adds or replaces a member. Requires: null or an object.
  void set(std::string_view name, Json value);
  /// Requires: null or an array.
  void push(Json value);

 private:
  friend class JsonParser;

  Kind kind_ = Kind::null;
  bool boolean_ = false;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::string> names_;  // of an object: names_[i] belongs to items_[i]
};

}  // namespace tenon::plugin
