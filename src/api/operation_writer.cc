// One route as an operation of the OpenAPI document. Part of document_parts.h.
#include <algorithm>
#include <utility>

#include "api/document_parts.h"

namespace tenon::api {
namespace {

/// The names in braces, in order.
std::vector<std::string> names_in(std::string_view pattern) {
  std::vector<std::string> names;
  for (auto open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{')) {
    pattern.remove_prefix(open + 1);
    names.emplace_back(pattern.substr(0, pattern.find('}')));
  }
  return names;
}

/// A header with the same name and type is one component, whoever names it.
std::string key_of(const modules::Parameter& header) {
  return header.type == "text" ? header.name + ".text" : header.name;
}

}  // namespace

bool OperationWriter::writes() const noexcept {
  return method_ != http::Method::get && method_ != http::Method::head &&
         method_ != http::Method::options;
}

void OperationWriter::set_access(std::optional<Need> need, std::string right) {
  need_ = std::move(need);
  right_ = std::move(right);
  if (need_ && right_.empty()) right_ = need_->permission;
}

Result<> OperationWriter::path_type(const modules::Parameter& parameter) {
  TENON_ASSIGN(schema, parts_.type(parameter.type));
  path_types_.insert_or_assign(parameter.name, std::move(schema));
  return {};
}

void OperationWriter::path_words(const std::string& name, const std::vector<std::string>& words) {
  json::array all;
  for (const auto& word : words) all.emplace_back(word);
  path_types_.insert_or_assign(name, json::object{{"type", "string"}, {"enum", std::move(all)}});
}

Result<> OperationWriter::query(const modules::Parameter& parameter) {
  TENON_ASSIGN(schema, parts_.type(parameter.type));
  json::object made{{"name", parameter.name}, {"in", "query"}, {"schema", std::move(schema)}};
  if (const auto about = parts_.in_language(parameter.about); !about.empty())
    made["description"] = about;
  if (parameter.required) made["required"] = true;
  this->parameter(std::move(made));
  return {};
}

void OperationWriter::shared_parameter(std::string_view key, json::object parameter) {
  parameters_.emplace_back(parts_.parameter(key, std::move(parameter)));
  asks_ = true;
}

void OperationWriter::parameter(json::object parameter) {
  parameters_.emplace_back(std::move(parameter));
  asks_ = true;
}

void OperationWriter::put_path_parameters() {
  json::array all;
  for (const auto& name : names_in(pattern_)) {
    const auto known = path_types_.find(name);
    auto schema = known != path_types_.end() ? known->second
                                             : json::object{{"type", "string"}, {"format", "uuid"}};
    all.emplace_back(json::object{
        {"name", name}, {"in", "path"}, {"required", true}, {"schema", std::move(schema)}});
  }
  for (auto& other : parameters_) all.emplace_back(std::move(other));
  parameters_ = std::move(all);
}

std::string OperationWriter::about(const modules::Operation& operation) const {
  auto text = parts_.in_language(operation.about);
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : " ") + more; };
  const bool zh = parts_.chinese();
  const auto access = need_ ? need_->access : Access::open;
  if (!right_.empty())
    add((zh ? "需要权限 " : "Needs the right ") + right_ + (zh ? "。" : "."));
  else if (need_ && (need_->administrator || access == Access::administrator))
    add(zh ? "仅限管理员。" : "For administrators.");
  else if (access == Access::in_person)
    add(zh ? "需要本人登录，令牌无效。" : "Needs a session; a token will not do.");
  else if (access == Access::operator_token)
    add(zh ? "仅限服务器运维人员。" : "For the operator of the server.");
  else
    add(access == Access::open ? (zh ? "任何人可用。" : "Open to anybody.")
                               : (zh ? "登录后可用。" : "For whoever is signed in."));
  return text;
}

void OperationWriter::put_security(json::object& made) {
  json::array schemes;
  const auto add = [&](std::string_view name) {
    parts_.use_scheme(name);
    schemes.emplace_back(json::object{{name, json::array()}});
  };
  const auto access = need_ ? need_->access : Access::open;
  if (access == Access::operator_token) {
    add("operator");
  } else if (access != Access::open) {
    add("session");
    if (access != Access::in_person) add("token");
  }
  made["security"] = std::move(schemes);
  if (!right_.empty()) made["x-permission"] = right_;
}

std::set<int> OperationWriter::failures(const modules::Operation& operation) const {
  std::set<int> all(operation.failures.begin(), operation.failures.end());
  all.insert(400);
  if (need_) {
    for (const int status : {401, 429, 503}) all.insert(status);
    if (need_->access != Access::open || writes()) all.insert(403);
    if (need_->access != Access::open && writes() && method_ != http::Method::del) all.insert(507);
  }
  if (pattern_.contains('{')) all.insert(404);
  if (!operation.body.empty())
    for (const int status : {408, 413, 415, 422}) all.insert(status);
  if (asks_) all.insert(422);
  // What the edge refuses before anybody else sees it.
  if (asks_ || pattern_.contains('{')) all.insert(414);
  if (!operation.headers.empty()) all.insert(431);
  return all;
}

Result<json::object> OperationWriter::body(const modules::Operation& operation) {
  json::object content;
  for (std::string_view rest = operation.media; !rest.empty();) {
    const auto comma = rest.find(", ");
    const auto media = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 2);
    const bool first = content.empty();
    TENON_ASSIGN(schema, parts_.type(first ? std::string_view(operation.body) : "text"));
    content[media] = json::object{{"schema", std::move(schema)}};
  }
  return json::object{{"required", true}, {"content", std::move(content)}};
}

Result<json::object> OperationWriter::responses(const modules::Operation& operation) {
  std::map<int, json::object> all;
  for (const auto& reply : operation.replies) {
    auto& made = all[reply.status];
    made["description"] = parts_.description_of(reply.status);
    if (!reply.type.empty()) {
      json::object body;
      if (reply.type != "binary") {
        TENON_ASSIGN(schema, parts_.type(reply.type));
        body["schema"] = std::move(schema);
      }
      if (!made.contains("content")) made["content"] = json::object();
      made["content"].as_object()[reply.media] = std::move(body);
    }
    for (const std::string_view name : reply.headers) {
      if (!made.contains("headers")) made["headers"] = json::object();
      const auto plain = name.ends_with('?') ? name.substr(0, name.size() - 1) : name;
      made["headers"].as_object()[plain] = parts_.header(name);
    }
  }
  json::object links;
  for (const auto& link : operation.links) {
    json::object parameters;
    for (const auto& [name, expression] : link.parameters) parameters[name] = expression;
    links[link.operation] =
        json::object{{"operationId", link.operation}, {"parameters", std::move(parameters)}};
  }
  // Links lead on from the success that was asked for.
  if (!links.empty() && !operation.replies.empty())
    all[operation.replies.front().status]["links"] = std::move(links);
  json::object made;
  for (auto& [status, response] : all) made[std::to_string(status)] = std::move(response);
  for (const int status : failures(operation)) {
    const auto key = std::to_string(status);
    if (!made.contains(key)) {
      made[key] = parts_.response_of_failure(status);
      continue;
    }
    // A status that has an answer of its own as well (503 of the health check).
    auto& content = made[key].as_object()["content"].as_object();
    content["application/problem+json"] = json::object{{"schema", parts_.schema("Problem")}};
  }
  return made;
}

Result<json::object> OperationWriter::write(const modules::Operation& operation,
                                            std::string_view tag) {
  parts_.use_tag(tag);
  put_path_parameters();
  for (const auto& header : operation.headers) {
    TENON_ASSIGN(schema, parts_.type(header.type));
    parameters_.emplace_back(parts_.parameter(
        key_of(header), {{"name", header.name}, {"in", "header"}, {"schema", std::move(schema)}}));
  }
  json::object made{{"operationId", operation.id},
                    {"summary", parts_.in_language(operation.summary)},
                    {"description", about(operation)},
                    {"tags", json::array{tag}}};
  put_security(made);
  if (!parameters_.empty()) made["parameters"] = std::move(parameters_);
  if (!operation.body.empty()) {
    TENON_ASSIGN(read, body(operation));
    made["requestBody"] = std::move(read);
  }
  TENON_ASSIGN(answers, responses(operation));
  made["responses"] = std::move(answers);
  return made;
}

}  // namespace tenon::api
