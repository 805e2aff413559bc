#pragma once
// The `Prefer` header (RFC 7240) as PostgREST uses it. What was followed is told in
// `Preference-Applied`.

#include <optional>
#include <string>
#include <vector>

#include "data/query.h"
#include "data/unit_of_work.h"
#include "http/request.h"
#include "http/response.h"

namespace tenon::api {

enum class Return : std::uint8_t { minimal, headers_only, representation };
/// What a row gets in a named column that it does not have.
enum class Missing : std::uint8_t { null, fallback };

inline constexpr std::size_t kMostAffected = 1000;  // rows of a filtered change

struct Preferences {
  Return what = Return::minimal;
  data::Count count = data::Count::none;
  std::size_t max_affected = kMostAffected;
  std::optional<data::Resolution> resolution;  // given: an upsert
  Missing missing = Missing::null;
  bool strip_nulls = false;
  bool dry_run = false;  // tx=rollback

  struct Applied {
    std::string name, text;
  };
  std::vector<Applied> given;  // those that are known, as they were written
};

/// Unknown preferences are ignored, as the RFC asks, unless `handling=strict` stands beside them.
/// Errors: invalid (`prefer.value`) for a wrong value of a known one, or an unknown one under
/// `handling=strict`.
[[nodiscard]] Result<Preferences> preferences_of(const http::Request& request);

enum class Use : std::uint8_t { read, write };
/// `Preference-Applied`: of reads those that concern reads. Empty: none.
[[nodiscard]] std::string applied(const Preferences& preferences, Use use);

}  // namespace tenon::api
