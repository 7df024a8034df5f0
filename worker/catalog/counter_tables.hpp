#pragma once

#include "worker/catalog/sqlite.hpp"

#include <string_view>

namespace coldpress {

// One more outcome of that name.
Result<void> count_outcome(const Db& db, std::string_view name);

} // namespace coldpress
