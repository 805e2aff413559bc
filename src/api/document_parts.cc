#include "api/document_parts.h"

#include <array>
#include <utility>

#include "api/schema_text.h"

namespace tenon::api {
namespace {

constexpr std::string_view kProblem =
    "{type: text, title: text, status: int(400..599), code: text, reason?: text, message: text, "
    "details: any, hint: text, fields: [{path: text, code: text, message: text}], trace_id: text}";
constexpr std::string_view kTree = R"(/^\([\s\S]*\)$/)";

struct StatusText {
  int status;
  std::string_view en, zh;
};
constexpr auto kStatuses = std::to_array<StatusText>({
    {200, "Done.", "成功。"},
    {201, "Made.", "已创建。"},
    {202, "Begun; some of it is left to do.", "已受理，尚未全部完成。"},
    {204, "Done; there is nothing to show.", "成功，无内容。"},
    {206, "A part of the list.", "列表的一部分。"},
    {302, "Go on there.", "请前往该地址。"},
    {304, "What you have is current.", "内容未改变。"},
    {400, "The request cannot be read, or a part of it makes no sense.", "请求无法识别或有误。"},
    {401, "Sign in, or send a token that is good.", "请先登录，或提供有效的令牌。"},
    {403, "A right is missing, or the write comes from another site.",
     "没有权限，或写入来自其他网站。"},
    {404, "It is not there, or not for you.", "不存在，或您无权查看。"},
    {405, "The address does not take this method.", "该地址不支持此方法。"},
    {406, "It cannot be shown in this form.", "无法以所要求的格式回答。"},
    {408, "The request came too slowly.", "请求发送过慢。"},
    {409, "It does not go together with what is there.", "与现有数据冲突。"},
    {412, "It was changed meanwhile.", "已被他人修改。"},
    {413, "It is too much at once.", "一次内容过多。"},
    {414, "The address is too long.", "地址过长。"},
    {415, "This media type is not read here.", "不支持的内容类型。"},
    {416, "There is nothing in this range.", "所要求的范围内没有内容。"},
    {422, "Some fields are wrong; each is named.", "有字段不正确，已逐一指出。"},
    {431, "The header fields are too large.", "请求头过大。"},
    {429, "Too many requests; come back after the time in Retry-After.",
     "请求过多，请在 Retry-After 之后重试。"},
    {500, "Something is broken; nothing was changed.", "内部错误，未保存任何更改。"},
    {503, "Busy or away; try again after the time in Retry-After.",
     "系统繁忙或暂不可用，请在 Retry-After 之后重试。"},
    {507, "The company has no room left.", "公司的存储空间已用完。"},
});

struct HeaderText {
  std::string_view name, type, en, zh;
};
constexpr auto kHeaders = std::to_array<HeaderText>({
    {"Allow", "text", "The methods of the address.", "该地址支持的方法。"},
    {"Content-Disposition", "text", "Name of the file.", "文件名。"},
    {"Content-Range", "text", "Which part came, of how many.", "返回的是哪一部分，共多少。"},
    {"ETag", R"(/^"[^"]+"$/)", "The version that was read.", "所读到的版本。"},
    {"Idempotency-Replayed", "'true'", "This is the answer of the first request.",
     "这是第一次请求的回答。"},
    {"Link", "text", "Where the next page is.", "下一页的地址。"},
    {"Location", "text", "Where it is now.", "所在地址。"},
    {"Preference-Applied", "text", "Which preferences were followed.", "已采纳的偏好。"},
    {"Retry-After", "int(0..)", "Seconds to wait.", "应等待的秒数。"},
    {"Set-Cookie", "text", "The session.", "会话。"},
    {"WWW-Authenticate", "text", "How to prove who you are.", "证明身份的方式。"},
    {"X-Count-Capped", "int(0..)", "There are more than this.", "实际数量多于此值。"},
    {"X-Count-Estimated", "int(0..)", "There are about so many.", "大约的数量。"},
});

}  // namespace

std::string_view method_word(http::Method method) noexcept {
  switch (method) {
    case http::Method::get:
      return "get";
    case http::Method::head:
      return "head";
    case http::Method::post:
      return "post";
    case http::Method::put:
      return "put";
    case http::Method::patch:
      return "patch";
    case http::Method::del:
      return "delete";
    case http::Method::options:
      return "options";
  }
  return "trace";
}

Parts::Parts(std::string_view locale) : chinese_(locale.starts_with("zh")) {
  texts_.emplace("Problem", kProblem);
  texts_.emplace("Filter.tree", kTree);
}

std::string Parts::in_language(const modules::Text& text) const {
  return chinese_ ? text.zh : text.en;
}

void Parts::learn(const std::vector<std::pair<std::string, std::string>>& types) {
  for (const auto& [name, text] : types) texts_.try_emplace(name, text);
}

json::object Parts::schema(std::string_view name) {
  wanted_.emplace(name);
  return schema_reference(name);
}

Result<json::object> Parts::type(std::string_view text) { return schema_from(text, wanted_); }

std::string Parts::description_of(int status) const {
  for (const auto& one : kStatuses)
    if (one.status == status) return std::string(chinese_ ? one.zh : one.en);
  return std::to_string(status);
}

json::object Parts::response_of_failure(int status) {
  const auto name = "Problem" + std::to_string(status);
  if (!responses_.contains(name)) {
    json::object headers;
    if (status == 429 || status == 503) headers["Retry-After"] = header("Retry-After");
    if (status == 401) headers["WWW-Authenticate"] = header("WWW-Authenticate");
    if (status == 405) headers["Allow"] = header("Allow");
    json::object made{{"description", description_of(status)},
                      {"content", json::object{{"application/problem+json",
                                                json::object{{"schema", schema("Problem")}}}}}};
    if (!headers.empty()) made["headers"] = std::move(headers);
    responses_.emplace(name, std::move(made));
  }
  return {{"$ref", "#/components/responses/" + name}};
}

json::object Parts::header(std::string_view name) {
  const bool required = !name.ends_with('?');
  if (!required) name.remove_suffix(1);
  const auto key = std::string(name) + (required ? "" : ".optional");
  if (!headers_.contains(key)) {
    json::object made;
    std::string_view type = "text";
    for (const auto& one : kHeaders)
      if (one.name == name) {
        made["description"] = chinese_ ? one.zh : one.en;
        type = one.type;
      }
    if (auto schema = this->type(type)) made["schema"] = *std::move(schema);
    if (required) made["required"] = true;
    headers_.emplace(key, std::move(made));
  }
  return {{"$ref", "#/components/headers/" + key}};
}

json::object Parts::parameter(std::string_view key, json::object parameter) {
  parameters_.try_emplace(std::string(key), std::move(parameter));
  return {{"$ref", "#/components/parameters/" + std::string(key)}};
}

std::string Parts::wanted() const {
  for (const auto& name : wanted_)
    if (!schemas_.contains(name)) return name;
  return {};
}

Result<> Parts::define(const std::string& name, json::object given) {
  if (given.empty()) {
    const auto text = texts_.find(name);
    if (text == texts_.end())
      return fail(
          Error(ErrorCode::invalid, "nobody knows the type " + name).because("openapi.type"));
    TENON_ASSIGN(read, type(text->second));
    given = std::move(read);
  }
  schemas_.emplace(name, std::move(given));
  return {};
}

modules::Operation Parts::generic(const modules::OfferedRoute& offered) const {
  const auto& route = offered.route;
  modules::Operation made;
  made.id = offered.module + "_" + std::string(method_word(route.method));
  std::string_view rest = route.pattern;
  bool word = false;
  for (const char c : rest) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (good && !word) made.id += '_';
    if (good) made.id += c;
    word = good;
  }
  for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    rest.remove_prefix(open + 1);
    made.path.push_back({std::string(rest.substr(0, rest.find('}'))), "text"});
  }
  const auto what = std::string(http::to_string(route.method)) + " " + route.pattern;
  made.summary = {what, what};
  made.about = {"此地址由模块自行处理，模块没有给出更多说明。",
                "The module answers here, and says no more about it."};
  made.replies = {{200, "any"}};
  return made;
}

void Parts::put_whatever(json::object& operation) {
  json::object content{{"application/json", json::object()},
                       {"application/problem+json", json::object{{"schema", schema("Problem")}}}};
  operation["responses"].as_object()["default"] =
      json::object{{"description", chinese_ ? "由模块决定。" : "Whatever the module answers."},
                   {"content", std::move(content)}};
}

json::object Parts::info() const {
  return {
      {"title", "Tenon"},
      {"version", "1"},
      {"description",
       chinese_
           ? "您可以使用的全部接口：按您的公司、已启用的模块和您的权限生成。GET 地址同样回答 HEAD。"
           : "All that you may use: written for your company, the modules that are enabled "
             "there, and your rights. Where there is a GET, HEAD is answered too."},
      {"contact", json::object{{"name", chinese_ ? "贵公司的系统管理员"
                                                 : "The administrator of your company"}}},
      {"license", json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}};
}

json::object Parts::components(std::string_view cookie) {
  json::object made;
  const auto put = [&](std::string_view name, auto& parts) {
    if (parts.empty()) return;
    json::object all;
    for (auto& [key, value] : parts) all[key] = std::move(value);
    made[name] = std::move(all);
  };
  put("schemas", schemas_);
  put("responses", responses_);
  put("parameters", parameters_);
  put("headers", headers_);
  json::object schemes;
  if (schemes_.contains("session"))
    schemes["session"] = json::object{{"type", "apiKey"}, {"in", "cookie"}, {"name", cookie}};
  for (const std::string_view bearer : {"token", "operator"})
    if (schemes_.contains(bearer))
      schemes[bearer] = json::object{{"type", "http"}, {"scheme", "bearer"}};
  if (!schemes.empty()) made["securitySchemes"] = std::move(schemes);
  return made;
}

}  // namespace tenon::api
