#pragma once

#include "worker/catalog/index_query.hpp"
#include "worker/history/rows.hpp"
#include "worker/index/index_check.hpp"
#include "worker/index/index_update.hpp"
#include "worker/index/scan_rollouts.hpp"

#include <string>

namespace coldpress {

// The lines of --json of list, show, search and index: worker/cli/FORMAT.md.

std::string thread_line(const ListedThread& thread, const std::string& name);
std::string list_line(const ThreadTotals& totals, std::uint64_t shown, bool up_to_date);
// `name`: of the thread, empty if it has none.
std::string hit_line(const SearchHit& hit, const std::string& name);
std::string scan_hit_line(const ScanHit& hit);
std::string search_line(std::uint64_t hits, bool more, bool up_to_date);
std::string turn_line(const history::TurnView& turn);
// Without `status`: there is no index.
std::string index_status_line(const std::string& path,
                              const std::optional<IndexStatus>& status);
std::string index_verified_line(const std::vector<std::string>& different);
std::string index_dropped_line(const std::string& path, std::size_t files);
std::string index_line(const std::string& action, const IndexReport& report);

// Text without the marks of a hit.
std::string unmarked(const std::string& snippet);

} // namespace coldpress
