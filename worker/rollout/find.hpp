#pragma once

#include "worker/rollout/tree_walk.hpp"

#include <functional>
#include <string>
#include <vector>

namespace coldpress {

// Rollouts, and what was in the way of finding more.
struct Listed {
  std::vector<std::string> plain_paths; // absolute, sorted
  std::vector<OddEntry> odd;
  std::vector<Error> errors; // directories that could not be listed
};

enum class Forms : std::uint8_t { any, compressed };

// Every logical rollout of both trees of a Codex home once, whichever forms it has.
Listed list_rollouts(Fs& fs, const std::string& home, Forms forms);

// Whether Codex knows a thread that no rollout was found of. A look-up of the caller's:
// Codex's own database says it.
using KnowsThread = std::function<bool(const std::string& thread_id)>;

// The rollouts a person may mean: a path of either form, a file name of either form, or
// a thread or rollout id. Absolute paths of the plain form, which need not exist as
// such: the .zst may stand in its place. `home` may be null if `text` is a path.
// Errc::not_saved: of a thread whose lock is there, or that `knows` knows, there is none
// so far. Errc::not_found: there is none. Where a directory cannot be listed it may be in
// that: then it is the error of that. Errc::invalid: `text` is empty.
// Errc::unsupported: it is a symlink, or something else that is not handled.
Result<std::vector<std::string>> find_in_home(Fs& fs,
                                              const std::string* home,
                                              const std::string& text,
                                              const KnowsThread& knows);

// Whether that error says that a thread has no rollout.
constexpr bool has_no_rollout(Errc code) {
  return code == Errc::not_found || code == Errc::not_saved;
}

} // namespace coldpress
