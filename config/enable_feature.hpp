#pragma once

#include "fsutil/result.hpp"

#include <string>
#include <string_view>

namespace coldpress {

// The text of a configuration with features.local_thread_store_compression = true in it;
// every other byte is as it was. The same text if it says so already. Errc::invalid if
// `text` is no TOML, or says it in a form that cannot be changed safely: then a person
// has to. `path` is for messages.
Result<std::string> enable_feature(std::string_view text, const std::string& path);

} // namespace coldpress
