#pragma once
// What the endpoints of steps and of approvals share: the change of the document itself, made once
// it is allowed, with the hook of its module.

#include <string>

#include "api/once.h"
#include "data/steps.h"
#include "plugins/records.h"

namespace tenon::api {

/// Moves a document whose step was allowed in `unit` just before. 200 with the step and the record.
[[nodiscard]] Task<Answer> move_document(plugins::Host* host, data::UnitOfWork* unit,
                                         const Site* site, const data::EntityInfo* entity,
                                         RecordId id, const data::Transition* step,
                                         json::object more);

/// The text under `name` of a body that may be missing. Errors: those of json_object() and
/// Fields::done().
[[nodiscard]] Result<std::string> remark_of(const http::Request& request, std::string_view name);

/// A failure as a part of an answer: `{code, reason, message, fields, details}` in the reader's
/// language.
[[nodiscard]] json::object told(const Error& error, const RequestContext& context);

}  // namespace tenon::api
