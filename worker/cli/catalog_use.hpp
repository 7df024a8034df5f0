#pragma once

#include "worker/catalog/index_query.hpp"
#include "worker/cli/command.hpp"
#include "worker/index/index_update.hpp"

#include <optional>
#include <string>

namespace coldpress {

// Where answers come from, and how good they are.
struct CatalogUse {
  Index index;
  bool up_to_date = true; // else what is newer than the index is missing
};

enum class Without : std::uint8_t {
  make_rows, // read the whole store for rollouts and turns, and keep nothing
  nothing,
};

// The store's index, brought up to date first, with a progress bar, unless --no-update or
// another process forbids it: then it says so. Without an index (catalog.enabled is off,
// and none was built) as `without` says; nothing is empty.
Result<std::optional<CatalogUse>>
use_catalog(const Context& context, const OpenedStore& opened, Without without);

// Brings the index up to date, making it where there is none; shows how far it is.
Result<IndexReport>
build_index(const Context& context, const OpenedStore& opened, Look look);

// Puts --family into the filter. Errc::not_found if the thread is unknown.
Result<void>
put_family(const CatalogUse& use, const CatalogOptions& options, ThreadFilter& filter);

// What could not be read, on standard error: the first few, and how many more.
void tell_problems(const IndexReport& report);

// "3 h", "12 d": how long ago.
std::string age_text(WallTime then, WallTime now);
// At most `width` characters, with an ellipsis; white space as blanks, safe for a
// terminal.
std::string short_text(std::string_view text, std::size_t width);

} // namespace coldpress
