#include "worker/stage/checks.hpp"

#include "fsutil/metadata.hpp"
#include "worker/stage/place.hpp"

namespace coldpress {

Step<std::monostate>
has_no_twin(Fs& fs, const std::string& home, const Candidate& candidate) {
  TRY_ASSIGN(const auto twin, find_twin(fs, home, candidate.root, candidate.path));
  if (twin) {
    return Stop::skip(Reason::in_both_trees, *twin);
  }
  return std::monostate{};
}

Step<std::monostate>
keep_metadata(Fs& fs, const Claim& claim, FileHandle to, const std::string& path) {
  auto kept = copy_metadata(fs, claim.file(), claim.stamp(), to);
  if (!kept && kept.error().code == Errc::unsupported) {
    return Stop::skip(Reason::metadata_not_kept, describe(kept.error()));
  }
  TRY(naming(path, std::move(kept)));
  return std::monostate{};
}

} // namespace coldpress
