#pragma once

#include "worker/stage/place.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace coldpress {

// Finds the rollouts that stand in more than one form or have a retired file, and pays
// only a hash for each of the many that do not: first every form is noted, then, if there
// are any to be found, each is shown once more.
class FormFinder {
public:
  void note(Role role, std::string_view plain_name);

  // No more note() after it. False: every rollout has one form, and none is retired.
  bool any();
  void show(Role role, Root root, const std::string& path);
  // By plain name, the files of each in the order in which they were shown. What stands
  // neither where Codex keeps that rollout nor in one directory with the rest is
  // somebody's copy: no form of it.
  std::vector<RolloutForms> take(const std::string& home);

private:
  std::vector<std::size_t> names_; // hashes
  std::unordered_set<std::size_t> wanted_;
  struct Shown {
    std::string plain_name;
    FoundFile file;
  };
  std::vector<Shown> shown_;
};

} // namespace coldpress
