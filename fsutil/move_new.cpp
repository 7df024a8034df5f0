#include "fsutil/temp_file.hpp"

namespace coldpress {

Result<Moved> move_new(Fs& fs, const std::string& from, const std::string& to) {
  auto renamed = fs.rename_new(from, to);
  if (renamed) {
    return Moved::by_rename;
  }
  if (renamed.error().code != Errc::unsupported) {
    return Fail(std::move(renamed.error()));
  }
  TRY(fs.link(from, to));
  if (auto gone = fs.unlink(from); !gone) {
    (void)fs.unlink(to); // as it was, if that much still works
    return Fail(std::move(gone.error()));
  }
  return Moved::by_link;
}

} // namespace coldpress
