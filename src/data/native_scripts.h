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

/// What one module of the program brings. Lifetime: its parts live as long as the program.
struct NativeModule {
  std::string_view name;
  std::span<const NativeScript> scripts;
};

/// Runs what is new of `module`, inside the caller's transaction; gives how many. Errors: internal
/// (`schema.script_order`: the numbers have gaps), unavailable (`schema.script_changed`: one that
/// was run reads otherwise now; `schema.script_unknown`: a newer program has run more), each with
/// the script's name.
[[nodiscard]] Result<std::size_t> apply_scripts(storage::Session& session, std::string_view module,
                                                std::span<const NativeScript> scripts,
                                                Timestamp now);

/// For a copy of `from` that is being made in `to`: the tables that `from` has by its scripts, and
/// no more. Which were run is told by the rows that are copied after.
[[nodiscard]] Result<> make_native_tables(storage::Session& from, storage::Session& to,
                                          std::span<const NativeModule> modules);

}  // namespace tenon::data
