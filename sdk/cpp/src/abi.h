#pragma once
// The only place that knows how text changes hands. An argument or an answer that the host hands
// over lies in the guest's heap and is the guest's to free; text given to the host for the length
// of a call is only lent; text returned from an export must lie on the heap, because the generated
// code frees it after the host has read it.

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "plugin.h"
#include "tenon/plugin/json.h"
#include "tenon/plugin/result.h"

namespace tenon::plugin::abi {

[[nodiscard]] inline std::string_view view(const plugin_string_t& text) {
  return {reinterpret_cast<const char*>(text.ptr), text.len};
}

/// Lends text to the host. Lifetime: of `text`.
[[nodiscard]] inline plugin_string_t lend(std::string_view text) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())), text.size()};
}

/// Text the host gave away; freed at the end of the scope.
class Taken {
 public:
  explicit Taken(const plugin_string_t& text) : text_(text) {}
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken() { plugin_string_free(&text_); }
  [[nodiscard]] std::string_view view() const { return abi::view(text_); }

 private:
  plugin_string_t text_;
};

/// A copy on the heap, for returning it to the host.
[[nodiscard]] plugin_string_t give(std::string_view text);
/// Takes over and frees what the host put into `error`.
[[nodiscard]] Error take_error(erp_plugin_types_error_t& error);
void give_error(const Error& error, erp_plugin_types_error_t* out);

/// The answer of an import that gives text or an error.
[[nodiscard]] inline Result<std::string> take_answer(bool ok, const plugin_string_t& text,
                                                     erp_plugin_types_error_t& error) {
  if (!ok) return std::unexpected(take_error(error));
  return std::string(Taken(text).view());
}

/// The answer of an export. Gives what the generated code wants: whether it went well.
[[nodiscard]] inline bool give_answer(const Result<Json>& answer, plugin_string_t* text,
                                      erp_plugin_types_error_t* error) {
  if (answer)
    *text = give(answer->write());
  else
    give_error(answer.error(), error);
  return answer.has_value();
}

}  // namespace tenon::plugin::abi
