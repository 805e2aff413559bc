#include "wasm/component.h"

#include <array>

#include "wasm/component_impl.h"
#include "wasm/engine_impl.h"
#include "wasm/type_text.h"

namespace tenon::wasm {
namespace {

struct ItemHolder {
  wasmtime_component_item_t item{};
  bool set = false;
  ItemHolder() = default;
  ItemHolder(const ItemHolder&) = delete;
  ItemHolder& operator=(const ItemHolder&) = delete;
  ~ItemHolder() {
    if (set) wasmtime_component_item_delete(&item);
  }
};

/// A row for an item; none for a mere type. Instances are flattened one level, deeper ones get the
/// word `instance`.
void add_item(std::vector<Item>& items, const wasm_engine_t* engine, const std::string& interface,
              const std::string& name, const wasmtime_component_item_t& item) {
  switch (item.kind) {
    case WASMTIME_COMPONENT_ITEM_TYPE:
      return;
    case WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC:
      items.push_back({interface, name, type_text(item.of.component_func)});
      return;
    case WASMTIME_COMPONENT_ITEM_RESOURCE:
      items.push_back({interface, name, "resource"});
      return;
    case WASMTIME_COMPONENT_ITEM_MODULE:
    case WASMTIME_COMPONENT_ITEM_CORE_FUNC:
      items.push_back({interface, name, "module"});
      return;
    case WASMTIME_COMPONENT_ITEM_COMPONENT_INSTANCE:
      break;
    default:
      items.push_back({interface, name, "component"});
      return;
  }
  if (!interface.empty()) {
    items.push_back({interface, name, "instance"});
    return;
  }
  const auto* instance = item.of.component_instance;
  const std::size_t count = wasmtime_component_instance_type_export_count(instance, engine);
  for (std::size_t i = 0; i < count; ++i) {
    const char* inner_name = nullptr;
    std::size_t size = 0;
    ItemHolder inner;
    inner.set = wasmtime_component_instance_type_export_nth(instance, engine, i, &inner_name, &size,
                                                            &inner.item);
    if (inner.set) add_item(items, engine, name, std::string(inner_name, size), inner.item);
  }
}

using Count = decltype(&wasmtime_component_type_import_count);
using Nth = decltype(&wasmtime_component_type_import_nth);

std::vector<Item> list_items(const wasmtime_component_type_t* type, const wasm_engine_t* engine,
                             Count count, Nth nth) {
  std::vector<Item> items;
  for (std::size_t i = 0, end = count(type, engine); i < end; ++i) {
    const char* name = nullptr;
    std::size_t size = 0;
    ItemHolder holder;
    holder.set = nth(type, engine, i, &name, &size, &holder.item);
    if (holder.set) add_item(items, engine, {}, std::string(name, size), holder.item);
  }
  return items;
}

std::shared_ptr<const Component::Impl> describe(const Engine& engine, ComponentHandle handle) {
  auto impl = std::make_shared<Component::Impl>();
  const wasm_engine_t* raw = engine.impl().handle.get();
  const ComponentTypeHandle type(wasmtime_component_type(handle.get()));
  impl->imports = list_items(type.get(), raw, wasmtime_component_type_import_count,
                             wasmtime_component_type_import_nth);
  impl->exports = list_items(type.get(), raw, wasmtime_component_type_export_count,
                             wasmtime_component_type_export_nth);
  impl->handle = std::move(handle);
  return impl;
}

std::unexpected<Error> refuse(std::string reason, std::string message) {
  return fail(Error(ErrorCode::invalid, std::move(message)).because(std::move(reason)));
}

/// The first line of an engine's text, for people; the whole is the private detail.
std::unexpected<Error> refuse_with(std::string reason, std::string prefix,
                                   const wasmtime_error_t* error) {
  const std::string text = text_of(error);
  // The engine puts the innermost cause last.
  std::string message = std::move(prefix);
  const auto last = text.find_last_not_of(" \n");
  const auto line = text.rfind('\n', last);
  std::string cause = text.substr(line == std::string::npos ? 0 : line + 1);
  if (const auto word = cause.find_first_not_of(" 0123456789:"); word != std::string::npos)
    cause.erase(0, word);
  message += ": " + cause;
  return fail(
      Error(ErrorCode::invalid, std::move(message)).because(std::move(reason)).in_context(text));
}

/// Walks the top-level sections, so that a file cut short is told apart from a wrong one.
bool is_whole(std::string_view bytes) {
  std::size_t at = 8;
  while (at < bytes.size()) {
    ++at;  // section id
    std::uint64_t size = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (at >= bytes.size() || shift > 28) return false;
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      size |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) break;
    }
    if (size > bytes.size() - at) return false;
    at += static_cast<std::size_t>(size);
  }
  return true;
}

}  // namespace

Result<Component> Component::compile(const Engine& engine, std::string_view bytes) {
  constexpr std::string_view kMagic("\0asm", 4);
  if (!bytes.starts_with(kMagic.substr(0, std::min(kMagic.size(), bytes.size()))) || bytes.empty())
    return refuse("wasm.not_wasm", "this is not a WebAssembly file");
  if (bytes.size() < 8) return refuse("wasm.truncated", "the file ends before its header does");
  if (bytes[6] == 0) {
    return refuse("wasm.core_module",
                  "this is a core module; a component is needed (wasm-tools component new)");
  }
  if (!is_whole(bytes)) return refuse("wasm.truncated", "the file ends within a section");
  wasmtime_component_t* raw = nullptr;
  const ErrorHandle error(wasmtime_component_new(
      engine.impl().handle.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
      &raw));
  if (error) return refuse_with("wasm.invalid", "the component is not valid", error.get());
  return Component(describe(engine, ComponentHandle(raw)));
}

Result<Component> Component::deserialize(const Engine& engine, std::string_view native) {
  wasmtime_component_t* raw = nullptr;
  const ErrorHandle error(wasmtime_component_deserialize(
      engine.impl().handle.get(), reinterpret_cast<const std::uint8_t*>(native.data()),
      native.size(), &raw));
  if (error) return refuse_with("wasm.native", "the native code does not fit", error.get());
  return Component(describe(engine, ComponentHandle(raw)));
}

Result<std::string> Component::serialize() const {
  wasm_byte_vec_t bytes{};
  const ErrorHandle error(wasmtime_component_serialize(impl_->handle.get(), &bytes));
  if (error) return refuse_with("wasm.native", "the native code cannot be written", error.get());
  std::string native(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return native;
}

const std::vector<Item>& Component::imports() const noexcept { return impl_->imports; }
const std::vector<Item>& Component::exports() const noexcept { return impl_->exports; }

const Item* Component::find_export(std::string_view interface,
                                   std::string_view name) const noexcept {
  for (const Item& item : impl_->exports)
    if (item.interface == interface && item.name == name) return &item;
  return nullptr;
}

}  // namespace tenon::wasm
