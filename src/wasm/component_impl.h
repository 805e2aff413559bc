#pragma once
// For this room only.

#include <vector>

#include "wasm/component.h"
#include "wasm/handles.h"

namespace tenon::wasm {

struct Component::Impl {
  ComponentHandle handle;
  std::vector<Item> imports;
  std::vector<Item> exports;
};

}  // namespace tenon::wasm
