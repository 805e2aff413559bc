#include "async/resume.h"

#include <algorithm>

namespace tenon {

void resume_all(std::vector<Resume> all) {
  struct Group {
    asio::any_io_executor executor;
    std::vector<Resume::Continue> members;
  };
  std::vector<Group> groups;
  for (auto& one : all) {
    auto found = std::ranges::find(groups, one.executor_, &Group::executor);
    if (found == groups.end())
      found = groups.insert(found, {.executor = std::move(one.executor_), .members = {}});
    found->members.push_back(std::move(one.go_));
  }
  for (auto& group : groups)
    asio::post(group.executor, [members = std::move(group.members)]() mutable {
      for (auto& go : members) std::exchange(go, nullptr)();
    });
}

}  // namespace tenon
