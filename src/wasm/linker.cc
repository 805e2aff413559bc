#include "wasm/linker.h"

#include <algorithm>

#include "wasm/call_impl.h"
#include "wasm/engine_impl.h"
#include "wasm/linker_impl.h"
#include "wasm/type_text.h"

namespace tenon::wasm {
namespace {

Error engine_error(std::string message, const wasmtime_error_t* error) {
  return Error(ErrorCode::invalid, std::move(message))
      .because("wasm.link")
      .in_context(text_of(error));
}

/// Defines one host function in the engine's linker.
std::optional<Error> define_in(wasmtime_component_linker_instance_t* instance,
                               const Definition& definition) {
  wasmtime_error_t* raw = nullptr;
  const std::string& name = definition.name;
  if (definition.shape.dynamic()) {
    raw = wasmtime_component_linker_instance_add_func_async(
        instance, name.data(), name.size(), call_host_dynamic, const_cast<Definition*>(&definition),
        nullptr);
  } else {
    const HostFunctionEntry entry{call_host, resume_host, &definition};
    tenon_linker_define(instance, name.data(), name.size(),
                        static_cast<std::uint32_t>(definition.shape.parameters),
                        static_cast<std::uint32_t>(definition.shape.result),
                        definition.waits == Waits::maybe, &entry, &raw);
  }
  const ErrorHandle error(raw);
  if (!error) return std::nullopt;
  return engine_error("cannot define " + definition.interface + "#" + name, error.get());
}

/// The engine takes an interface only whole, so the definitions are handed over grouped.
std::optional<Error> define_all(wasmtime_component_linker_t* linker,
                                const std::deque<Definition>& definitions) {
  std::map<std::string, std::vector<const Definition*>> interfaces;
  for (const Definition& definition : definitions)
    interfaces[definition.interface].push_back(&definition);
  const LinkerInstanceHandle root(wasmtime_component_linker_root(linker));
  for (const auto& [interface, functions] : interfaces) {
    LinkerInstanceHandle owned;
    if (!interface.empty()) {
      wasmtime_component_linker_instance_t* raw = nullptr;
      const ErrorHandle error(wasmtime_component_linker_instance_add_instance(
          root.get(), interface.data(), interface.size(), &raw));
      if (error) return engine_error("cannot define " + interface, error.get());
      owned.reset(raw);
    }
    for (const Definition* function : functions)
      if (auto failed = define_in(owned ? owned.get() : root.get(), *function)) return failed;
  }
  return std::nullopt;
}

bool is_function(const Item& item) { return item.type.starts_with('('); }

/// What is wrong with an import; empty when nothing is.
std::string complaint(const Item& import, const std::deque<Definition>& definitions) {
  if (!is_function(import)) return "a " + import.type + " cannot be imported";
  const auto found = std::ranges::find_if(definitions, [&](const Definition& definition) {
    return definition.interface == import.interface && definition.name == import.name;
  });
  if (found == definitions.end()) return "the host does not offer it";
  if (found->type != without_blanks(import.type))
    return "the host offers " + found->type + ", the module wants " + import.type;
  return {};
}

FunctionTypeHandle function_type(const wasmtime_component_type_t* type, const wasm_engine_t* engine,
                                 const Item& item) {
  wasmtime_component_item_t outer{};
  const std::string& first = item.interface.empty() ? item.name : item.interface;
  if (!wasmtime_component_type_export_get(type, engine, first.data(), first.size(), &outer))
    return {};
  FunctionTypeHandle found;
  if (item.interface.empty()) {
    if (outer.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
      found.reset(wasmtime_component_func_type_clone(outer.of.component_func));
  } else if (outer.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_INSTANCE) {
    wasmtime_component_item_t inner{};
    if (wasmtime_component_instance_type_export_get(outer.of.component_instance, engine,
                                                    item.name.data(), item.name.size(), &inner)) {
      if (inner.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
        found.reset(wasmtime_component_func_type_clone(inner.of.component_func));
      wasmtime_component_item_delete(&inner);
    }
  }
  wasmtime_component_item_delete(&outer);
  return found;
}

void find_exports(Program::Impl& program, const wasm_engine_t* engine) {
  const auto* component = program.component.impl()->handle.get();
  const ComponentTypeHandle type(wasmtime_component_type(component));
  for (const Item& item : program.component.exports()) {
    if (!is_function(item)) continue;
    ExportIndexHandle interface;
    if (!item.interface.empty()) {
      interface.reset(wasmtime_component_get_export_index(component, nullptr, item.interface.data(),
                                                          item.interface.size()));
      if (!interface) continue;
    }
    ExportIndexHandle index(wasmtime_component_get_export_index(
        component, interface.get(), item.name.data(), item.name.size()));
    if (!index) continue;
    const Shape shape = export_shape(item.type);
    program.exports.emplace(std::pair(item.interface, item.name),
                            Export::Impl{&program, item.name, std::move(index), shape,
                                         function_type(type.get(), engine, item)});
  }
}

}  // namespace

Linker::Linker(const Engine& engine) : impl_(std::make_shared<Impl>()) { impl_->engine = &engine; }
Linker::~Linker() = default;

Result<> Linker::define(std::string_view interface, std::string_view name, std::string_view type,
                        Waits waits, HostFunction function) {
  const auto refuse = [&](std::string message) {
    return fail(Error(ErrorCode::conflict, std::move(message)).because("wasm.define"));
  };
  if (impl_->closed) return refuse("nothing can be defined after the first link()");
  const bool known = std::ranges::any_of(impl_->definitions, [&](const Definition& definition) {
    return definition.interface == interface && definition.name == name;
  });
  const std::string path = std::string(interface) + "#" + std::string(name);
  if (known) return refuse(path + " is defined already");
  if (!type.starts_with('('))
    return fail(Error(ErrorCode::invalid, path + " has no function type").because("wasm.define"));
  impl_->definitions.push_back({std::string(interface), std::string(name), without_blanks(type),
                                import_shape(type), waits, std::move(function)});
  return {};
}

Result<Program> Linker::link(const Component& component) const {
  std::call_once(impl_->sealed, [this] {
    impl_->closed = true;
    impl_->handle.reset(wasmtime_component_linker_new(impl_->engine->impl().handle.get()));
    impl_->error = define_all(impl_->handle.get(), impl_->definitions);
  });
  if (impl_->error) return fail(Error(*impl_->error));

  std::vector<FieldError> complaints;
  std::string names;
  for (const Item& import : component.imports()) {
    std::string message = complaint(import, impl_->definitions);
    if (message.empty()) continue;
    std::string path = import.interface + "#" + import.name;
    names += (names.empty() ? "" : ", ") + path;
    complaints.push_back({std::move(path), "import", std::move(message)});
  }
  if (!complaints.empty()) {
    return fail(Error(ErrorCode::invalid, "the module imports what it may not: " + names)
                    .because("wasm.import")
                    .with_fields(std::move(complaints)));
  }

  wasmtime_error_t* raw = nullptr;
  ProgramHandle handle(
      tenon_program_new(impl_->handle.get(), component.impl()->handle.get(), &raw));
  const ErrorHandle error(raw);
  if (!handle) return fail(engine_error("the module does not fit the host", error.get()));
  auto program = std::make_shared<Program::Impl>(
      Program::Impl{impl_, impl_->engine, component, std::move(handle), {}});
  find_exports(*program, impl_->engine->impl().handle.get());
  return Program(std::move(program));
}

std::string_view Export::name() const noexcept { return impl_->name; }

std::optional<Export> Program::find(std::string_view interface, std::string_view name) const {
  const auto found = impl_->exports.find(std::pair(std::string(interface), std::string(name)));
  if (found == impl_->exports.end()) return std::nullopt;
  return Export(&found->second);
}

const Component& Program::component() const noexcept { return impl_->component; }

}  // namespace tenon::wasm
