#include "fsutil/temp_file.hpp"

namespace coldpress {

Result<void> move_new(Fs& fs, const std::string& from, const std::string& to) {
  auto moved = fs.rename_new(from, to);
  if (moved || moved.error().code != Errc::unsupported) {
    return moved;
  }
  TRY(fs.link(from, to));
  auto gone = fs.unlink(from);
  if (!gone) {
    (void)fs.unlink(to); // as it was, if that much still works
  }
  return gone;
}

} // namespace coldpress
