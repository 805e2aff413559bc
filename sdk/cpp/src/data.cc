#include "tenon/plugin/data.h"

#include "abi.h"

namespace tenon::plugin::data {

namespace {

Result<Json> parsed(const Result<std::string>& text) {
  if (!text) return std::unexpected(text.error());
  return Json::parse(*text);
}

}  // namespace

Result<Json> get(std::string_view entity, std::string_view id) {
  plugin_string_t lent_entity = abi::lend(entity);
  plugin_string_t lent_id = abi::lend(id);
  plugin_string_t answer;
  erp_plugin_types_error_t error;
  const bool ok = erp_plugin_data_get(&lent_entity, &lent_id, &answer, &error);
  return parsed(abi::take_answer(ok, answer, error));
}

Result<Json> query(std::string_view entity, std::string_view query) {
  plugin_string_t lent_entity = abi::lend(entity);
  plugin_string_t lent_query = abi::lend(query);
  plugin_string_t answer;
  erp_plugin_types_error_t error;
  const bool ok = erp_plugin_data_query(&lent_entity, &lent_query, &answer, &error);
  return parsed(abi::take_answer(ok, answer, error));
}

Result<std::int64_t> count(std::string_view entity, std::string_view query) {
  plugin_string_t lent_entity = abi::lend(entity);
  plugin_string_t lent_query = abi::lend(query);
  plugin_string_t answer;
  erp_plugin_types_error_t error;
  const bool ok = erp_plugin_data_count(&lent_entity, &lent_query, &answer, &error);
  TENON_ASSIGN(const Json number, parsed(abi::take_answer(ok, answer, error)));
  const auto value = number.to_integer();
  if (!value) return fail(ErrorCode::internal, "the host's count is not a number");
  return *value;
}

Result<Json> insert(std::string_view entity, const Json& fields) {
  const std::string text = fields.write();
  plugin_string_t lent_entity = abi::lend(entity);
  plugin_string_t lent_fields = abi::lend(text);
  plugin_string_t answer;
  erp_plugin_types_error_t error;
  const bool ok = erp_plugin_data_insert(&lent_entity, &lent_fields, &answer, &error);
  return parsed(abi::take_answer(ok, answer, error));
}

Result<Json> update(std::string_view entity, std::string_view id, const Json& fields,
                    std::uint64_t expected_version) {
  const std::string text = fields.write();
  plugin_string_t lent_entity = abi::lend(entity);
  plugin_string_t lent_id = abi::lend(id);
  plugin_string_t lent_fields = abi::lend(text);
  plugin_string_t answer;
  erp_plugin_types_error_t error;
  const bool ok = erp_plugin_data_update(&lent_entity, &lent_id, &lent_fields, expected_version,
                                         &answer, &error);
  return parsed(abi::take_answer(ok, answer, error));
}

Result<> remove(std::string_view entity, std::string_view id, std::uint64_t expected_version) {
  plugin_string_t lent_entity = abi::lend(entity);
  plugin_string_t lent_id = abi::lend(id);
  plugin_string_t answer;
  erp_plugin_types_error_t error;
  const bool ok = erp_plugin_data_delete(&lent_entity, &lent_id, expected_version, &answer, &error);
  TENON_TRY(abi::take_answer(ok, answer, error));
  return {};
}

}  // namespace tenon::plugin::data
