#pragma once

#include "worker/history/values.hpp"

#include <string>

namespace coldpress {

// What can be searched for in an item: all of its texts, a line each, without image data
// and other long stretches of base64.
std::string item_text(const history::Item& item);

} // namespace coldpress
