#pragma once
// What guests may call. The linker holds the host functions of every contract version; linking a
// component against it gives a Program, from which each call makes a fresh instance.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wasm/component.h"
#include "wasm/reply.h"

namespace tenon::wasm {

class CallState;
class Engine;

/// Decodes its arguments (views into guest memory that die when it returns; copy what is needed
/// later) and answers at once or with a coroutine.
/// Requires: it does not throw. It runs on the guest's fiber with EngineOptions::host_stack_bytes
/// of stack. The coroutine runs on the call's executor, on the thread's own stack, and may throw.
using HostFunction = std::move_only_function<HostReply(CallState&, Arguments) const>;

/// Whether a host function may answer with a coroutine. `never` saves 0.1 µs.
enum class Waits : std::uint8_t { never, maybe };

/// Spelled as Item::type spells them.
inline constexpr std::string_view kErrorType =
    "record{code: enum{invalid, not-found, conflict, denied, exhausted, unavailable, cancelled, "
    "internal}, message: string, fields: string}";
inline constexpr std::string_view kLevelType = "enum{debug, info, warn, error}";

/// An export found in a Program. Lifetime: the Program's. Cheap to copy.
class Export {
 public:
  [[nodiscard]] std::string_view name() const noexcept;

  struct Impl;
  [[nodiscard]] const Impl& impl() const noexcept { return *impl_; }  // for this room only

 private:
  friend class Program;
  explicit Export(const Impl* impl) : impl_(impl) {}
  const Impl* impl_;
};

/// A component whose imports are all resolved. Immutable and cheap to copy. Thread: any.
class Program {
 public:
  /// The function `name` of `interface` (empty: of the world). Empty when there is none: exports
  /// are optional. Cost: a hash look-up; do it once.
  [[nodiscard]] std::optional<Export> find(std::string_view interface, std::string_view name) const;
  [[nodiscard]] const Component& component() const noexcept;

  struct Impl;
  [[nodiscard]] const std::shared_ptr<const Impl>& impl() const noexcept { return impl_; }

 private:
  friend class Linker;
  explicit Program(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;  // shared: running calls keep an old version alive
};

/// Thread: one while defining; any for link().
class Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;
  ~Linker();

  /// Defines `interface`#`name`. `type` is spelled as Item::type spells it. Types with a fast shape
  /// (see shapes.h) cross typed, any other through dynamic values.
  /// Errors: conflict when it is defined already; invalid when `type` is not understood.
  [[nodiscard]] Result<> define(std::string_view interface, std::string_view name,
                                std::string_view type, Waits waits, HostFunction function);

  /// Errors: invalid with reason `wasm.import` and a FieldError per import that is not defined or
  /// has another type (path `interface#name`).
  [[nodiscard]] Result<Program> link(const Component& component) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared: programs keep the host functions alive
};

}  // namespace tenon::wasm
