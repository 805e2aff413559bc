#pragma once
// The members of a JSON body, read one by one; everything that is wrong is told at once.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace tenon::services {

/// Lifetime: of the object.
class Members {
 public:
  explicit Members(const json::object& object, std::string path = {})
      : object_(object), path_(std::move(path)) {}

  /// Empty when absent or null.
  [[nodiscard]] std::optional<std::string> text(std::string_view name, std::size_t longest = 200);
  [[nodiscard]] std::string word(std::string_view name, std::span<const std::string_view> words,
                                 std::string_view fallback);
  [[nodiscard]] bool boolean(std::string_view name, bool fallback);
  [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t most);
  /// Objects of a list.
  [[nodiscard]] std::vector<const json::object*> objects(std::string_view name, std::size_t most);
  void wrong(std::string_view name, std::string code, std::string message);
  /// Takes over what was wrong in a part.
  void take(std::vector<FieldError> wrong);
  [[nodiscard]] std::vector<FieldError> end();
  /// Errors: invalid (`data.fields`), with every wrong or unknown member.
  [[nodiscard]] Result<> finish();

 private:
  const json::value* find(std::string_view name);

  const json::object& object_;
  std::string path_;
  std::vector<std::string_view> known_;
  std::vector<FieldError> wrong_;
};

}  // namespace tenon::services
