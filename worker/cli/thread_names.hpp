#pragma once

#include "fsutil/fs.hpp"

#include <string>
#include <unordered_map>

namespace coldpress {

// The names that people gave their threads, by thread id: of Codex's session_index.jsonl,
// in which the last line of a thread counts. Lines that are none of Codex's are passed
// over; no such file means no names.
using ThreadNames = std::unordered_map<std::string, std::string>;
ThreadNames read_thread_names(Fs& fs, const std::string& home);

} // namespace coldpress
