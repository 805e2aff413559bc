#include "data/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tenon::data {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"insert", "update", "upsert", "delete"};
constexpr std::array<std::string_view, 8> kMembers = {
    "op", "entity", "as", "id", "fields", "version", "on_conflict", "resolution"};

std::unexpected<Error> no_reference(const std::string& path, std::string_view what) {
  return fail(Error(ErrorCode::invalid, std::string(what))
                  .because("batch.reference")
                  .with_field({path, "reference", std::string(what)}));
}

/// One operation of a body; what is wrong is collected.
class OperationReader {
 public:
  OperationReader(std::size_t number, std::vector<FieldError>& errors)
      : number_(number), errors_(errors) {}

  Operation read(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) {
      wrong("", "an object is expected");
      return {};
    }
    for (const auto& [name, member] : *object)
      if (std::ranges::find(kMembers, std::string_view(name)) == kMembers.end())
        wrong("/" + std::string(name).substr(0, 64), "there is no such member");
    Operation operation;
    const auto op = text(*object, "op");
    const auto* const kind = std::ranges::find(kKinds, op);
    if (kind == kKinds.end())
      wrong("/op", "insert, update, upsert or delete is expected");
    else
      operation.kind = static_cast<Operation::Kind>(kind - kKinds.begin());
    operation.entity = text(*object, "entity");
    if (operation.entity.empty()) wrong("/entity", "the name of an entity is expected");
    operation.as = text(*object, "as");
    const bool by_id =
        operation.kind == Operation::Kind::update || operation.kind == Operation::Kind::erase;
    if (const auto* id = object->if_contains("id")) operation.id = *id;
    if (by_id == operation.id.is_null())
      wrong("/id", by_id ? "the id of a record is expected" : "it has no id yet");
    read_fields(operation, *object);
    read_rest(operation, *object);
    return operation;
  }

 private:
  void read_fields(Operation& operation, const json::object& object) {
    const auto* fields = object.if_contains("fields");
    const bool wanted = operation.kind != Operation::Kind::erase;
    if (fields != nullptr && fields->is_object() && wanted)
      operation.fields = fields->get_object();
    else if (wanted || fields != nullptr)
      wrong("/fields", wanted ? "an object is expected" : "a deletion has none");
  }

  void read_rest(Operation& operation, const json::object& object) {
    if (const auto* version = object.if_contains("version")) {
      if (const auto* number = version->if_int64(); number != nullptr && *number > 0)
        operation.version = static_cast<std::uint64_t>(*number);
      else
        wrong("/version", "a version is expected");
    }
    if (const auto* key = object.if_contains("on_conflict")) {
      const auto* names = key->if_array();
      if (names == nullptr) return wrong("/on_conflict", "a list of fields is expected");
      for (const auto& name : *names) {
        const auto* written = name.if_string();
        if (written == nullptr) return wrong("/on_conflict", "a list of fields is expected");
        operation.on_conflict.emplace_back(*written);
      }
    }
    const auto resolution = text(object, "resolution");
    if (resolution == "ignore")
      operation.resolution = Resolution::ignore;
    else if (!resolution.empty() && resolution != "merge")
      wrong("/resolution", "merge or ignore is expected");
  }

  std::string text(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) return {};
    if (const auto* written = value->if_string()) return std::string(*written);
    wrong("/" + std::string(name), "a text is expected");
    return {};
  }
  void wrong(const std::string& path, std::string_view what) {
    errors_.push_back({fmt::format("/{}{}", number_, path), "operation", std::string(what)});
  }

  std::size_t number_;
  std::vector<FieldError>& errors_;
};

}  // namespace

std::unexpected<Error> at_item(Error error, std::size_t item) {
  auto fields = error.fields();
  for (auto& field : fields) field.path = fmt::format("/{}{}", item, field.path);
  if (fields.empty()) fields.push_back({fmt::format("/{}", item), error.reason(), error.message()});
  return fail(std::move(error).with_fields(std::move(fields)));
}

Result<std::vector<Operation>> parse_batch(const json::value& body) {
  const auto* list = body.if_array();
  if (list == nullptr)
    return fail(
        Error(ErrorCode::invalid, "A list of operations is expected.").because("batch.operation"));
  if (list->size() > kMaxBatch)
    return fail(
        Error(ErrorCode::exhausted, fmt::format("At most {} operations at once.", kMaxBatch))
            .because("batch.size"));
  std::vector<Operation> operations;
  std::vector<FieldError> errors;
  for (const auto& item : *list)
    operations.push_back(OperationReader(operations.size(), errors).read(item));
  if (errors.empty()) return operations;
  return fail(Error(ErrorCode::invalid, "Some operations are wrong.")
                  .because("batch.operation")
                  .with_fields(std::move(errors)));
}

Result<json::value> References::value(const json::value& written, const std::string& path) const {
  const auto* object = written.if_object();
  const auto* reference = object == nullptr ? nullptr : object->if_contains("$ref");
  if (reference == nullptr) return written;
  const auto* text = reference->if_string();
  if (text == nullptr || object->size() != 1)
    return no_reference(path, "A reference is {\"$ref\": \"name/field\"}.");
  const std::string_view whole(*text);
  const auto slash = whole.rfind('/');
  if (slash == std::string_view::npos)
    return no_reference(path, "A reference is {\"$ref\": \"name/field\"}.");
  const auto operation = given_.find(whole.substr(0, slash));
  if (operation == given_.end())
    return no_reference(path, "There is no operation of this name before.");
  const auto* field = operation->second.if_contains(whole.substr(slash + 1));
  if (field == nullptr) return no_reference(path, "The record has no such field.");
  return *field;
}

Result<std::optional<RecordId>> References::id(const Operation& operation) const {
  if (operation.id.is_null()) return std::optional<RecordId>();
  TENON_ASSIGN(found, value(operation.id, "/id"));
  const auto* text = found.if_string();
  const auto id = text == nullptr ? std::optional<RecordId>() : RecordId::parse(*text);
  if (!id) return no_reference("/id", "The id of a record is expected.");
  return id;
}

Result<json::object> References::fields(const Operation& operation) const {
  json::object fields;
  for (const auto& [name, written] : operation.fields) {
    TENON_ASSIGN(found, value(written, "/" + std::string(name)));
    fields[name] = std::move(found);
  }
  return fields;
}

Result<> References::add(std::size_t number, const Operation& operation, const Applied& applied) {
  json::object record{{"id", applied.id.to_string()}};
  if (applied.record) {
    TENON_ASSIGN(parsed, json::parse_object(applied.record->json, {.bytes = 16U << 20U}));
    record = std::move(parsed);
  }
  auto name = operation.as.empty() ? std::to_string(number) : operation.as;
  if (given_.emplace(std::move(name), std::move(record)).second) return {};
  return fail(Error(ErrorCode::invalid, "An operation before has this name.")
                  .because("batch.operation")
                  .with_field({"/as", "operation", "An operation before has this name."}));
}

Perform perform_in(UnitOfWork& unit, Author author) {
  return [&unit, author](const EntityInfo& entity, const Operation& operation,
                         std::optional<RecordId> id,
                         const json::object& fields) -> Result<Applied> {
    const auto done = [](Record record) {
      const auto made = record.id;
      return Applied{.id = made, .record = std::move(record)};
    };
    switch (operation.kind) {
      case Operation::Kind::insert: {
        TENON_ASSIGN(record, unit.insert(entity, fields, author));
        return done(std::move(record));
      }
      case Operation::Kind::update: {
        TENON_ASSIGN(record, unit.update(entity, id.value(), fields, operation.version, author));
        return done(std::move(record));
      }
      case Operation::Kind::upsert: {
        TENON_ASSIGN(upserted, unit.upsert(entity, fields, operation.on_conflict,
                                           operation.resolution, author));
        return done(std::move(upserted.record));
      }
      case Operation::Kind::erase:
        break;
    }
    TENON_TRY(unit.erase(entity, id.value(), operation.version));
    return Applied{.id = id.value(), .record = {}};
  };
}

Result<std::vector<Applied>> apply_batch(UnitOfWork& unit, std::span<const Operation> operations,
                                         const Perform& perform) {
  if (operations.size() > kMaxBatch)
    return fail(
        Error(ErrorCode::exhausted, fmt::format("At most {} operations at once.", kMaxBatch))
            .because("batch.size"));
  std::vector<Applied> results;
  References references;
  const auto run = [&](std::size_t number) -> Result<> {
    const auto& operation = operations[number];
    TENON_ASSIGN(entity, unit.catalog().entity({}, operation.entity));
    TENON_ASSIGN(id, references.id(operation));
    TENON_ASSIGN(fields, references.fields(operation));
    TENON_ASSIGN(applied, perform(*entity, operation, id, std::move(fields)));
    TENON_TRY(references.add(number, operation, applied));
    results.push_back(std::move(applied));
    return {};
  };
  TENON_TRY(unit.within_savepoint([&]() -> Result<> {
    for (std::size_t number = 0; number < operations.size(); ++number)
      if (auto done = run(number); !done) return at_item(std::move(done.error()), number);
    return {};
  }));
  return results;
}

}  // namespace tenon::data
