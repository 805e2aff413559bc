#pragma once
// Modules that are part of the program keep tables of their own. They bring them as numbered
// scripts, one text per database; each is run once, in order, in the transaction that records its
// checksum. A script that has been run never changes: its checksum says so.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "storage/session.h"

namespace tenon::data {

struct NativeScript {
  std::uint32_t number = 0;  // 1, 2, 3 … without gaps
  std::string_view name;
  std::string_view sqlite;
  std::string_view postgres;
};

/// Runs what is new of `module`, inside the caller's transaction; gives how many. Errors: internal
/// (`schema.script_order`: the numbers have gaps), unavailable (`schema.script_changed`: one that
/// was run reads otherwise now; `schema.script_unknown`: a newer program has run more), each with
/// the script's name.
[[nodiscard]] Result<std::size_t> apply_scripts(storage::Session& session, std::string_view module,
                                                std::span<const NativeScript> scripts,
                                                Timestamp now);

}  // namespace tenon::data
