#pragma once

#include "worker/cli/command.hpp"
#include "worker/cli/fleet/view.hpp"
#include "worker/fleet/store_list.hpp"

namespace coldpress {

// The whole list of --stores-from. Errors name the list, the call and the errno.
Result<std::vector<ListedStore>> list_of_stores(const Context& context);

// `path` without symlinks where that can be told.
std::string name_of_store(Fs& fs, const std::string& path);

// The words of a command on one of several stores; it prints --json.
std::vector<std::string>
command_for(const Options& options, std::string_view command, const std::string& store);

// Shows the end of a fleet, or a merge, in the form that is asked for.
Result<void> show_fleet(const Context& context, const FleetView& view);

} // namespace coldpress
