#pragma once
// The parts of an OpenAPI document that do not depend on what is installed: components that are
// defined once they are referred to, and one operation at a time.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/endpoint.h"
#include "base/json.h"
#include "http/method.h"
#include "modules/module_registry.h"

namespace tenon::api {

/// `get`, as the document names it.
[[nodiscard]] std::string_view method_word(http::Method method) noexcept;

/// Components, and words in the reader's language. One document's; Thread: one.
class Parts {
 public:
  explicit Parts(std::string_view locale);

  [[nodiscard]] std::string in_language(const modules::Text& text) const;
  /// Types that descriptions bring; the first of a name counts.
  void learn(const std::vector<std::pair<std::string, std::string>>& types);

  /// A reference to the schema `name`, which will be defined.
  [[nodiscard]] json::object schema(std::string_view name);
  /// Errors: invalid (`openapi.type`).
  [[nodiscard]] Result<json::object> type(std::string_view text);
  /// References to shared parts.
  [[nodiscard]] json::object response_of_failure(int status);
  /// `ETag`, or `ETag?` for one that may be missing.
  [[nodiscard]] json::object header(std::string_view name);
  [[nodiscard]] json::object parameter(std::string_view key, json::object parameter);
  void use_scheme(std::string_view name) { schemes_.emplace(name); }
  void use_tag(std::string_view name) { used_tags_.emplace(name); }
  [[nodiscard]] bool uses_tag(std::string_view name) const { return used_tags_.contains(name); }
  [[nodiscard]] std::string description_of(int status) const;

  /// A schema that is referred to and not defined yet; empty: none.
  [[nodiscard]] std::string wanted() const;
  /// Defines `name`: as `given`, or by its text when that is empty. Errors: invalid
  /// (`openapi.type`: nobody knows the name, or its text cannot be read).
  [[nodiscard]] Result<> define(const std::string& name, json::object given);

  /// What is said of a module's route that says nothing of itself.
  [[nodiscard]] modules::Operation generic(const modules::OfferedRoute& offered) const;
  /// Such a route may answer whatever it likes.
  void put_whatever(json::object& operation);

  [[nodiscard]] json::object info() const;
  [[nodiscard]] json::object components(std::string_view cookie);
  [[nodiscard]] bool chinese() const noexcept { return chinese_; }

 private:
  bool chinese_;
  std::map<std::string, std::string, std::less<>> texts_;
  std::set<std::string, std::less<>> wanted_;
  std::map<std::string, json::object, std::less<>> schemas_, parameters_, headers_, responses_;
  std::set<std::string, std::less<>> schemes_, used_tags_;
};

/// One operation. Requires: the calls that add come before write().
class OperationWriter {
 public:
  OperationWriter(Parts& parts, http::Method method, std::string_view pattern)
      : parts_(parts), method_(method), pattern_(pattern) {}

  /// Empty: not even the gate is asked. `right` is one that the operation asks for itself.
  void set_access(std::optional<Need> need, std::string right);
  [[nodiscard]] Result<> path_type(const modules::Parameter& parameter);
  void path_words(const std::string& name, const std::vector<std::string>& words);
  [[nodiscard]] Result<> query(const modules::Parameter& parameter);
  void shared_parameter(std::string_view key, json::object parameter);
  void parameter(json::object parameter);
  /// Parameters of path and query are those added before; all else is of `operation`.
  [[nodiscard]] Result<json::object> write(const modules::Operation& operation,
                                           std::string_view tag);

 private:
  [[nodiscard]] Result<json::object> body(const modules::Operation& operation);
  [[nodiscard]] Result<json::object> responses(const modules::Operation& operation);
  [[nodiscard]] std::set<int> failures(const modules::Operation& operation) const;
  void put_security(json::object& made);
  void put_path_parameters();
  [[nodiscard]] bool writes() const noexcept;
  [[nodiscard]] std::string about(const modules::Operation& operation) const;

  Parts& parts_;
  http::Method method_;
  std::string_view pattern_;
  std::optional<Need> need_;
  std::string right_;
  std::map<std::string, json::object, std::less<>> path_types_;
  json::array parameters_;
  bool asks_ = false;  // has parameters that can be wrong
};

}  // namespace tenon::api
