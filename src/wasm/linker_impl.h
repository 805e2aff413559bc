#pragma once
// Definitions, programs and exports as calls use them. For this room only.

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "wasm/component_impl.h"
#include "wasm/linker.h"
#include "wasm/shapes.h"

namespace tenon::wasm {

struct Definition {
  std::string interface;
  std::string name;
  std::string type;  // without blanks
  Shape shape;
  Waits waits;
  HostFunction function;
};

struct Export::Impl {
  const Program::Impl* owner;
  std::string name;
  ExportIndexHandle index;
  Shape shape;
  FunctionTypeHandle type;  // only for dynamic shapes
};

struct Program::Impl {
  std::shared_ptr<const void> definitions;  // shared: host functions outlive the linker
  const Engine* engine = nullptr;
  Component component;
  ProgramHandle handle;
  std::map<std::pair<std::string, std::string>, Export::Impl, std::less<>> exports;
};

struct Linker::Impl {
  const Engine* engine = nullptr;
  std::deque<Definition> definitions;  // a deque: the engine holds their addresses
  std::once_flag sealed;
  bool closed = false;
  LinkerHandle handle;
  std::optional<Error> error;  // of sealing
};

}  // namespace tenon::wasm
