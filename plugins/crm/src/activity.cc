#include "parts.h"
#include "tenon/plugin/data.h"
#include "tenon/plugin/host.h"

namespace crm {

using namespace tenon::plugin;

Result<> on_customer_created(const Event& event) {
  const auto customer = data::get("customer", event.record_id());
  // Deleted before the event arrived: there is no history to open.
  if (!customer && customer.error().code == ErrorCode::not_found) return {};
  if (!customer) return std::unexpected(customer.error());
  TENON_TRY(data::insert("activity",
                         Json::object({
                             {"customer", event.record_id()},
                             {"kind", "created"},
                             {"summary", "新建客户：" + std::string((*customer)["name"].text())},
                             {"happened_at", clock::to_text(clock::now())},
                         })));
  return {};
}

}  // namespace crm
