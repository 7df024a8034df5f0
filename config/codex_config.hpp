#pragma once

#include "fsutil/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// Whether Codex's own configuration, <store>/config.toml, turns on Codex's own
// compressor; in one of its profiles counts, too. Empty: it does not say, which is off.
// Errc::invalid if `text` is no TOML; `path` is for the message.
Result<std::optional<bool>> codex_compression(std::string_view text,
                                              const std::string& path);

// Where else its databases are: every `sqlite_home`, in one of its profiles, too, as it
// is written there. Errors as above; Errc::invalid also if one is no string.
Result<std::vector<std::string>> codex_sqlite_homes(std::string_view text,
                                                    const std::string& path);

} // namespace coldpress
