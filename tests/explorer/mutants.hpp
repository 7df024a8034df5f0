#pragma once

#include "tests/explorer/worker.hpp"

namespace coldpress {

// coldpress with one thing left out or done wrong, and the case that must notice.
struct Mutant {
  std::string name;
  std::string red; // the case
  Layer layer;
  std::function<void(Case&)> change; // of the case, if it is not a matter of calls
};

const std::vector<Mutant>& all_mutants();

} // namespace coldpress
