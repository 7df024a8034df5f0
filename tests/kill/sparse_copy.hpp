#pragma once

#include <string>

namespace coldpress {

// Copies an image; blocks of zeros become holes. `to` is written anew. Throws.
void copy_sparse(const std::string& from, const std::string& to);

} // namespace coldpress
