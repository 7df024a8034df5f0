#pragma once

#include "tests/kill/kill_case.hpp"
#include "tests/kill/row.hpp"
#include "tests/kill/tracer.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace coldpress {

// How many of the calls of a case are killed.
enum class Depth : std::uint8_t {
  sample, // each site's first and last
  sites,  // every call but the ledger's and the closes; of these as in sample
  all,    // every call, before and after it
};

// Which sites were met, and at how many of their calls the program was killed.
struct SiteCount {
  int calls = 0;
  int killed = 0;
};
using SiteCounts = std::map<CallSite, SiteCount>;

// Kills the program at its calls, each time in a fresh copy of the store. Checks the
// first promise right then, runs one more pass, and checks that nothing is left. Works in
// `dir`, which must be empty. A call that was not reached, threads being what they are,
// is tried again some times; what is never reached is a violation only if the whole site
// is not.
SiteCounts kill_everywhere(const KillCase& what,
                           const std::string& dir,
                           const std::string& program,
                           Depth depth,
                           Row& row);

} // namespace coldpress
