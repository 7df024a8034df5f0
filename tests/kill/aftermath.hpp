#pragma once

#include "tests/kill/kill_case.hpp"
#include "tests/kill/row.hpp"

#include <string>
#include <vector>

namespace coldpress {

// After the program, or its machine, came to harm: checks the first promise right now,
// runs one more pass, and checks that nothing is left of it. `excused`: rollouts that
// nobody could read before, either. What the pass says is kept in `log`.
void check_aftermath(const DiskStore& store,
                     const Lacks& lacks,
                     const std::vector<int>& excused,
                     const std::string& when,
                     const std::string& log,
                     Row& row);

} // namespace coldpress
