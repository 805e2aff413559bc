#pragma once
// One way to go wrong per word. Each first inserts a row into `trace`, so that a test sees whether
// anything of a failed call is left.

#include <string_view>

#include "tenon/plugin/json.h"

namespace trapping {

/// | mode | what happens after the row was inserted |
/// |---|---|
/// | `trap` | executes `unreachable` |
/// | `loop` | never comes back |
/// | `bomb` | allocates until there is no memory |
/// | `stack` | calls itself until the engine's stack ends |
/// | `stack-data` | calls itself until the guest's own stack in linear memory ends |
/// | `utf8` | gives an answer that is no UTF-8 |
/// | `utf8-log`, `utf8-insert` | hands bytes that are no UTF-8 to the host |
/// | `huge` | gives an answer of 5 MiB |
/// | `huge-insert` | hands a record of 5 MiB to the host |
/// | `not-json` | gives an answer that is no JSON |
/// | `wrong-field` | gives a record with a field that the entity does not have |
/// | `flood` | calls the host a million times |
/// | `log-flood` | writes ten thousand lines full of control characters and line breaks |
/// | `recurse` | inserts a row whose hook does the same |
/// | `refuse` | gives the error invalid with the field `/name` |
/// | `swallow` | inserts a row that is refused, ignores the error, and succeeds |
///
/// Any other mode: nothing happens, not even the row; gives `fine`.
[[nodiscard]] tenon::plugin::Result<tenon::plugin::Json> misbehave(std::string_view mode,
                                                                   const tenon::plugin::Json& fine);

}  // namespace trapping
