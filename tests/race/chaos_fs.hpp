#pragma once

#include "tests/race/process.hpp"
#include "tests/support/pass_fs.hpp"

#include <algorithm>
#include <cerrno>
#include <map>

namespace coldpress::race {

// What a writer must not do; each turns the row red.
enum class Mutant { none, no_append, truncates, no_newline, cached_ordinal };

// A disk that cuts appends short and fails calls now and then.
class ChaosFs final : public PassFs {
public:
  ChaosFs(Fs& base, std::uint64_t seed, Mutant mutant)
      : PassFs(base), dice_(seed), mutant_(mutant) {}

  Result<FileHandle> open_append(const std::string& path) override {
    if (dice_.roll(50) == 0) {
      return failure(EMFILE, path);
    }
    auto opened = mutant_ == Mutant::no_append ? base_.open_lock(path, Create::no)
                                               : base_.open_append(path);
    if (opened && mutant_ == Mutant::no_append) {
      if (const auto stat = base_.stat(*opened)) {
        ends_[*opened] = stat->size;
      }
    }
    return opened;
  }

  Result<std::size_t> append(FileHandle file, std::span<const std::byte> data) override {
    const std::uint32_t roll = dice_.roll(200);
    if (roll == 0) {
      return failure(dice_.roll(2) == 0 ? ENOSPC : EIO, {});
    }
    const auto part =
        roll <= 4 ? data.first(1 + dice_.roll(std::uint32_t(data.size()))) : data;
    if (mutant_ == Mutant::no_append) {
      // At where the file ended when it was opened, and on from there.
      TRY(base_.write_at(file, part, ends_[file]));
      ends_[file] += part.size();
      return part.size();
    }
    const auto before = base_.stat(file);
    auto put = base_.append(file, part);
    if (mutant_ == Mutant::truncates && put && before && part.size() < data.size()) {
      nap(std::chrono::microseconds(200));
      (void)base_.truncate(file, before->size);
      return failure(ENOSPC, {});
    }
    return put;
  }

  Result<void> sync_file(FileHandle file) override {
    return dice_.roll(20) == 0 ? Result<void>(failure(EIO, {})) : base_.sync_file(file);
  }

private:
  static Fail failure(int sys, const std::string& path) {
    return Fail(Error::from_errno(sys, "chaos", path));
  }
  Dice dice_;
  Mutant mutant_;
  std::map<FileHandle, std::uint64_t> ends_;
};

} // namespace coldpress::race
