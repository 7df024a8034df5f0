#pragma once

#include "tests/explorer/actor.hpp"
#include "tests/explorer/process.hpp"

#include <functional>
#include <string>
#include <vector>

namespace coldpress {

// What `settle` is assumed to outlast.
enum class Settle : std::uint8_t {
  materialisation, // all of it, from reading Z to unlinking Z
  link_to_unlink,  // only from naming P to unlinking Z
  nothing,
};

// Who takes part in one exploration, how far it goes, and what must hold.
struct Case {
  std::string name;
  std::function<std::vector<ActorPtr>(World&)> actors;
  bool from_compressed = false; // also from a store that holds Z
  int workers = 1;              // 2: another host has taken the store over from the first
  int phases = 3;        // of a worker: compresses, recoveries and reaps in any order
  int kills = 1;         // kill -9 before any call
  int interruptions = 1; // see RunRules
  bool power = false;    // power cuts before any call and after any step
  Settle settle = Settle::materialisation;
  bool grace = true; // outlasts an opener that was interrupted

  bool strict = true;        // in the end every record is readable, not only kept
  bool clean = true;         // in the end one form is left
  bool visible = false;      // every acknowledged record can be read at any moment
  Trees trees = Trees::both; // that the recovery looks at
  bool flaw = false;         // known to fail: an assumption is left out
};

} // namespace coldpress
