#pragma once
// Modules come and go while the server runs, so routes do too. Readers work on an immutable table
// and never wait for a writer; a writer builds a new table and publishes it.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/route.h"

namespace tenon::http {

class RouteTable;

/// The answer of a lookup: a route, or the methods the path would take (405), or nothing (404).
struct RouteMatch {
  std::shared_ptr<const Route> route;  // shared so that a handler outlives its route's removal
  std::string allow;                   // `GET, HEAD, POST`; only when the path is known
};

/// One line of the table, for who checks it.
struct PublishedRoute {
  std::string owner;
  Method method;
  std::string pattern;
};

/// Thread: add, replace, remove, find, list from any.
class Router {
 public:
  Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;
  ~Router();

  /// Publishes `routes` under `owner`, instead of what that owner had: all of them or, on an error,
  /// none. Errors: invalid (`route.pattern`), conflict (`route.taken`) when another route has the
  /// same method and shape.
  [[nodiscard]] Result<> replace(std::string_view owner, std::vector<Route> routes);
  /// Takes the owner's routes away; handlers that run are not disturbed.
  void remove(std::string_view owner);

  [[nodiscard]] RouteMatch find(const Head& head) const;
  /// All that is published, by owner.
  [[nodiscard]] std::vector<PublishedRoute> list() const;

  /// One thread's view of the table. Thread: one. Cost of find: one atomic load besides the walk.
  class Reader {
   public:
    explicit Reader(const Router& router) : router_(&router) {}
    [[nodiscard]] RouteMatch find(const Head& head);

   private:
    const Router* router_;
    std::uint64_t seen_ = 0;
    std::shared_ptr<const RouteTable> table_;  // shared: kept while a newer one is published
  };

 private:
  using Routes = std::vector<std::shared_ptr<const Route>>;
  [[nodiscard]] std::shared_ptr<const RouteTable> table() const;
  void publish(std::shared_ptr<const RouteTable> table);

  std::atomic<std::uint64_t> version_{1};
  mutable std::mutex mutex_;
  std::map<std::string, Routes, std::less<>> owners_;
  std::shared_ptr<const RouteTable> table_;
};

}  // namespace tenon::http
