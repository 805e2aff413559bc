#pragma once
// Every handle of libpq is one of these on the line it is made.

#include <libpq-fe.h>

#include <memory>

namespace tenon::storage::postgres {

struct Finish {
  void operator()(PGconn* handle) const noexcept { PQfinish(handle); }
};
struct Clear {
  void operator()(PGresult* handle) const noexcept { PQclear(handle); }
};
struct FreeCancel {
  void operator()(PGcancel* handle) const noexcept { PQfreeCancel(handle); }
};
struct FreeOptions {
  void operator()(PQconninfoOption* handle) const noexcept { PQconninfoFree(handle); }
};
using Handle = std::unique_ptr<PGconn, Finish>;
using ResultHandle = std::unique_ptr<PGresult, Clear>;
using CancelHandle = std::unique_ptr<PGcancel, FreeCancel>;
using OptionsHandle = std::unique_ptr<PQconninfoOption, FreeOptions>;

}  // namespace tenon::storage::postgres
