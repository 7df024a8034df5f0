#pragma once

#include <string>

namespace coldpress {

// A scratch directory on the real disk, under $TMPDIR. At the end it CHECKs that no
// part file of ours was left in it, and removes it; after a failed check it keeps it
// and prints its path.
class TempDir {
public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::string& path() const { return path_; }
  // "<path>/<name>"
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
  int failures_before_ = 0;
};

} // namespace coldpress
