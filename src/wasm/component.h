#pragma once
// A component is compiled code plus its type: the functions it wants and the functions it offers.
// The plugin host reads both before anything runs.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::wasm {

class Engine;

/// One imported or exported item, one row per function. `type` is canonical text: parameter types
/// without names, type aliases written out, one space after commas and colons:
///   (string, list<u8>) -> result<list<u8>, string>
///   (enum{debug, info}, string)
/// An item that is no function (resource, core module, value) has its own word as type, such as
/// `resource`.
struct Item {
  std::string interface;  // `erp:plugin/data@1.0.0`; empty for an item of the world itself
  std::string name;
  std::string type;
};

/// Immutable and cheap to copy. Thread: any.
class Component {
 public:
  /// Compiles a component. Cost: milliseconds to minutes of CPU; run it in a child process for
  /// untrusted code. Errors: invalid with reason `wasm.truncated`, `wasm.core_module` (a core
  /// module where a component is due), `wasm.not_wasm` or `wasm.invalid` (with the engine's reason
  /// as message).
  [[nodiscard]] static Result<Component> compile(const Engine& engine, std::string_view bytes);

  /// Loads native code made by serialize() of an engine with the same options.
  /// Requires: the bytes are ours and unchanged (checked by the caller, under HMAC): hostile native
  /// code is not survivable. Errors: invalid (`wasm.native`) when another version made it.
  [[nodiscard]] static Result<Component> deserialize(const Engine& engine, std::string_view native);
  [[nodiscard]] Result<std::string> serialize() const;

  [[nodiscard]] const std::vector<Item>& imports() const noexcept;
  [[nodiscard]] const std::vector<Item>& exports() const noexcept;
  /// The export with these names, or null.
  [[nodiscard]] const Item* find_export(std::string_view interface,
                                        std::string_view name) const noexcept;

  struct Impl;
  [[nodiscard]] const std::shared_ptr<const Impl>& impl() const noexcept { return impl_; }

 private:
  explicit Component(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;  // shared: programs and calls keep the code alive
};

}  // namespace tenon::wasm
