#include "parts.h"
#include "tenon/plugin/data.h"

namespace crm {

using namespace tenon::plugin;

Result<Response> summary(const Request& /*request*/) {
  Json levels = Json::array();
  std::int64_t total = 0;
  for (const auto level : kLevels) {
    TENON_ASSIGN(const std::int64_t count,
                 data::count("customer", "level=eq." + std::string(level)));
    levels.push(Json::object({{"level", level}, {"count", Json::integer(count)}}));
    total += count;
  }
  return Response{200,
                  Json::object({{"levels", std::move(levels)}, {"total", Json::integer(total)}})};
}

}  // namespace crm
