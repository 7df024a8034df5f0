#pragma once

#include "worker/cli/command.hpp"
#include "worker/inspect/look.hpp"

#include <string>

namespace coldpress {

// What `status` shows: for people, with what to do where something needs attention, and
// as the one line of --json.
std::string status_text(const OpenedStore& opened, const StoreStatus& status);
std::string status_json(const OpenedStore& opened, const StoreStatus& status);
// Bytes that plain forms take of the disk.
std::uint64_t plain_on_disk(const Inventory& found);

} // namespace coldpress
