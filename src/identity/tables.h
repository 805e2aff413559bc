#pragma once
// The tables of this room in each tenant's database. Nothing here refers to anything by a foreign
// key: what ends a user or a role ends what hangs on it in the same transaction, and a copy of a
// tenant may carry the tables over in any order.

#include "data/native_scripts.h"

namespace tenon::identity {

/// For data::Tenants::Options::native. Lifetime: the program's.
[[nodiscard]] data::NativeModule tables();

}  // namespace tenon::identity
