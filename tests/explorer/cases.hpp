#pragma once

#include "tests/explorer/case.hpp"

namespace coldpress {

const std::vector<Case>& all_cases();
const Case& find_case(const std::string& name);

} // namespace coldpress
