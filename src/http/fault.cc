#include "http/fault.h"

#include <string>

namespace tenon::http {

void report_fault(const Hooks& hooks, const std::exception_ptr& error) noexcept {
  if (!hooks.fault) return;
  try {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& known) {
      hooks.fault(known.what());
    } catch (...) {
      hooks.fault("an exception of unknown type");
    }
  } catch (...) {
    // The log itself failed: there is nobody left to tell, and the connection goes on.
    return;
  }
}

Response make_problem(const Hooks& hooks, const Problem& problem) {
  if (hooks.problem) {
    try {
      Response response = hooks.problem(problem);
      response.set_status(problem.status);
      return response;
    } catch (...) {
      report_fault(hooks, std::current_exception());
    }
  }
  return Response::text(problem.status, std::string(problem.text) + "\n");
}

}  // namespace tenon::http
