#pragma once
// The OpenAPI 3.1 document of what one reader may use: written from the rows that route, from the
// entities that are installed, and from the routes that modules offer. What the reader may not use
// is not in it, and only parts that are referred to are among its components.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/table.h"
#include "data/catalog.h"
#include "data/viewer.h"
#include "modules/module_registry.h"
#include "plugins/workspace.h"

namespace tenon::api {

/// For whom a document is written.
struct Reader {
  RequestContext context;
  std::shared_ptr<const data::Catalog> catalog;                 // null: no tenant is known
  std::vector<const plugins::Manifest*> manifests;              // of the enabled plugins
  std::shared_ptr<const plugins::Installations> installations;  // keeps the manifests; may be null
  data::Viewer viewer;                                          // the rights of the principal
  std::vector<modules::OfferedRoute> offered;                   // by modules, to this tenant
  std::string cookie;                                           // name of the session's cookie
};

/// Larger ones are refused: somebody would have to read them.
inline constexpr std::size_t kMaxDocument = std::size_t{16} << 20U;

/// Errors: invalid (`openapi.type`: a description cannot be read), exhausted (`openapi.size`).
[[nodiscard]] Result<std::string> openapi_document(const std::vector<Table>& tables,
                                                   const Reader& reader);

}  // namespace tenon::api
