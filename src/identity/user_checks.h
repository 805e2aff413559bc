#pragma once
// What a user's fields may be. All errors at once, each with its place. For the files of this room.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::identity {

/// Collects the wrong fields of one form.
class FieldCheck {
 public:
  void add(std::string_view field, std::string_view code, std::string_view text);
  /// A text of `least` to `most` bytes without control characters.
  void text(std::string_view field, const std::string& value, std::size_t least, std::size_t most);
  void email(const std::string& value);
  void locale(const std::string& value);
  /// Errors: invalid (`schema.fields`) with all that was added.
  [[nodiscard]] Result<> done();

 private:
  std::vector<FieldError> errors_;
};

}  // namespace tenon::identity
