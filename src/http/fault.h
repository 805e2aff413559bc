#pragma once
// What happens when our own code fails on the way to an answer. Private to the room.

#include <exception>

#include "http/hooks.h"

namespace tenon::http {

/// Tells the fault hook; never throws.
void report_fault(const Hooks& hooks, const std::exception_ptr& error) noexcept;

/// The answer to a problem by the hook, or as plain text when there is none or it throws.
[[nodiscard]] Response make_problem(const Hooks& hooks, const Problem& problem);

}  // namespace tenon::http
