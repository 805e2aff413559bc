#include <utility>

#include "storage/database.h"

namespace tenon::storage {

Task<> Lease::commit() {
  TENON_ASSERT(backend_ != nullptr);
  auto backend = std::move(backend_);
  co_return co_await backend->commit();
}

void Lease::rollback() noexcept {
  if (auto backend = std::move(backend_)) backend->rollback();
}

}  // namespace tenon::storage
