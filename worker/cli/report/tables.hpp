#pragma once

#include "worker/cli/report/view.hpp"

#include <string>
#include <vector>

namespace coldpress {

// The tables of the page. Classes: num (a number, to the right), opt (left out where the
// page is narrow).

// `what` is the heading of the first column, `css` the class of its names: "path" may be
// broken anywhere, "name" nowhere.
std::string groups_table(std::string_view what,
                         const std::vector<UsageGroup>& groups,
                         std::string_view css = "name");
std::string growth_table(const Growth& growth);
std::string outlook_table(const Survey& survey);
std::string largest_table(const std::vector<UsageFile>& files);

} // namespace coldpress
