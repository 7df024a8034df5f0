#pragma once

#include "worker/catalog/ledger.hpp"
#include "worker/inspect/growth.hpp"
#include "worker/inspect/usage.hpp"
#include "worker/preview/preview.hpp"

#include <string>
#include <vector>

namespace coldpress {

// Everything a report is made of.
struct Survey {
  WallTime now{};
  std::string home;
  std::vector<UsageFile> files;
  std::uint64_t not_looked_into = 0; // .zst left unopened because time was up
  Growth growth;
  Outlook outlook;
  SpaceInfo space;
  // What compressing would free, by samples: rather too little.
  struct Gain {
    std::uint64_t rollouts = 0;
    std::uint64_t bytes = 0; // plain, of these
    std::uint64_t freed = 0; // of them
  };
  Gain as_set;               // by a run now, with these settings
  Gain cold;                 // of all that is cold, in both trees
  Gain all;                  // of all that can be compressed, cold or not
  std::vector<OddEntry> odd; // not counted, because it is not handled
  Totals realised;           // by the ledger
  bool ledger = false;       // there is one, and it could be read
  bool enabled = false;
  bool too_full =
      false; // less than limits.min_free is free: a run would compress nothing
  std::vector<Root> roots;
  std::vector<Error> errors; // what could not be found out
};

// Looks at a store; creates and changes nothing, needs no lock and no ledger. Opens what
// the ledger does not know: each such .zst for its project and its size, for 20 s at
// most, and reads up to 64 MiB of plain rollouts as samples.
Survey survey(Fs& fs, const Clock& clock, const Settings& settings, const Store& store);

} // namespace coldpress
