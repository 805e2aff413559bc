#pragma once
// The engine takes minutes over a few hundred kilobytes of components nested in components, so what
// a stranger sends is looked at before the engine sees it. This gate knows sections and their
// lengths, nothing else.

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace tenon::plugins {

inline constexpr std::size_t kMaxNesting = 32;  // components inside each other

/// Errors: invalid (`wasm.nested`) when components are nested deeper than kMaxNesting. Whatever
/// else is wrong is left to the engine, which names it better. Cost: linear in the number of
/// sections, no allocation beyond kMaxNesting entries.
[[nodiscard]] Result<> check_gate(std::string_view component);

}  // namespace tenon::plugins
