#pragma once

#include "config/given.hpp"
#include "fsutil/fs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

struct ListedStore {
  std::string path;                   // absolute
  std::optional<std::uint64_t> bytes; // the list's second column
};

// A list of stores: one name on each line, then, optional, a tab and a size. Blank lines
// and lines that begin with "#" do not count, nor do blanks around a line. Relative names
// and "~" follow `rules`.
//
// Sorted by name, each name once (with the larger size): the same stores give the same
// value, in whatever order they were written. Errc::invalid names `file` and the line,
// and is also the answer to a list of none.
Result<std::vector<ListedStore>>
parse_store_list(std::string_view text, const std::string& file, const PathRules& rules);

// The same of a file, whose relative names begin in its directory.
Result<std::vector<ListedStore>>
read_store_list(Fs& fs, const std::string& path, const PathRules& rules);

// The same of the names that match a pattern (path_pattern.hpp).
Result<std::vector<ListedStore>>
match_store_list(Fs& fs, const std::string& pattern, const PathRules& rules);

// The line of one store, with its newline; empty for a name that no list can have.
std::string line_of(const ListedStore& store);

// 16 hex digits: those of two lists differ unless they are equal.
std::string digest_of(const std::vector<ListedStore>& list);

} // namespace coldpress
