#include "storage/session.h"

#include <string>

namespace tenon::storage {
namespace {

std::string statement(std::string_view verb, std::uint32_t level) {
  return std::string(verb) + " s" + std::to_string(level);
}

}  // namespace

Result<> Session::savepoint(std::uint32_t level) {
  TENON_TRY(execute(statement("SAVEPOINT", level)));
  return {};
}
Result<> Session::release(std::uint32_t level) { return undo_or_keep(statement("RELEASE", level)); }
Result<> Session::rollback_to(std::uint32_t level) {
  return undo_or_keep(statement("ROLLBACK TO", level));
}

}  // namespace tenon::storage
