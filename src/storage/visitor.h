#pragma once
// A row visitor is a borrowed callable: two pointers, no allocation, valid for the call it is
// passed to.

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "storage/value.h"

namespace tenon::storage {

enum class Visit : std::uint8_t { more, stop };

/// Borrows a callable `Visit(const Row&)`. Lifetime: the callable outlives the Visitor, which holds
/// for a lambda written in the argument list.
class Visitor {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Visitor> &&
             std::is_invocable_r_v<Visit, F&, const Row&>)
  Visitor(F&& callable) noexcept  // NOLINT(google-explicit-constructor): reads as a lambda argument
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, const Row& row) -> Visit {
          return (*static_cast<std::remove_reference_t<F>*>(object))(row);
        }) {}

  Visit operator()(const Row& row) const { return call_(object_, row); }

 private:
  void* object_;
  Visit (*call_)(void*, const Row&);
};

}  // namespace tenon::storage
