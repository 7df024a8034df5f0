#pragma once

#include "tests/support/fake_clock.hpp"
#include "tests/support/pass_fs.hpp"

#include <string>

namespace coldpress {

// Counts which .zst files are opened for reading; each open may take time.
class SlowFs final : public PassFs {
public:
  SlowFs(Fs& base, const FakeClock& clock) : PassFs(base), clock_(clock) {}
  Result<FileHandle> open_read(const std::string& path) override {
    opened += path.ends_with(".zst") ? 1U : 0U;
    clock_.advance(takes);
    return PassFs::open_read(path);
  }
  std::size_t opened = 0;
  std::chrono::nanoseconds takes{0};

private:
  const FakeClock& clock_;
};

} // namespace coldpress
