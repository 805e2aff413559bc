#pragma once
// What a route says of itself to people and programs that have never met it. The OpenAPI document
// is made of these and of the routes that carry them, so that it cannot say anything else than what
// is served. A route without one is described by its address alone.
//
// Types are written as one line each (api/schema_text.h reads them):
//
//   {name: text(1..100), email?: email|null, roles?: [uuid], state: 'invited'|'active'}
//
// `text`, `int`, `number`, `bool`, `uuid`, `time`, `date`, `email`, `uri`, `binary`, `any`, `null`;
// `(a..b)` bounds length, value or number of items; `[T]` is a list, `{*: T}` an object with free
// names; a name with `?` may be missing; `...` as the last member: others may come; `Name` is a
// type of its own, given in `types`.

#include <string>
#include <utility>
#include <vector>

namespace tenon::modules {

/// One text in both languages.
struct Text {
  std::string zh, en;
};

struct Parameter {
  std::string name;
  std::string type = "text";
  Text about = {};
  bool required = false;  // those of the path always are
};

/// One answer that is no failure.
struct Reply {
  int status = 200;
  std::string type = {};                  // of the body; empty: there is none
  std::vector<std::string> headers = {};  // that always come; `Link?`: that may come
  std::string media = "application/json";
};

/// Where a value of the answer leads: the operation, and its parameters with runtime expressions
/// of OpenAPI (`$response.body#/id`).
struct OperationLink {
  std::string operation;
  std::vector<std::pair<std::string, std::string>> parameters;
};

struct Operation {
  std::string id = {};  // `list_users`; one of its kind in the whole document
  Text summary = {};
  Text about = {};                   // more than fits into the summary; may be empty
  std::vector<Parameter> path = {};  // types of the address; uuid for those not named here
  std::vector<Parameter> query = {};
  std::vector<Parameter> headers = {};
  std::string body = {};  // type; empty: none is read
  std::string media = "application/json";
  std::vector<Reply> replies = {};
  /// Statuses of failures beside those that every route of its kind may answer (400, 401, 403, 429,
  /// 503; 404 with a parameter in the address; 413, 415 and 422 with a body).
  std::vector<int> failures = {};
  std::vector<OperationLink> links = {};
  std::vector<std::pair<std::string, std::string>> types = {};  // name → type, for this and others
};

}  // namespace tenon::modules
