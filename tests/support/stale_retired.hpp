#pragma once

#include "tests/support/pass_fs.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace coldpress {

// Planted fault: of a retired file coldpress sees size and mtime as they are, but ctime
// and bytes only as they were when it was retired.
class StaleRetired final : public PassFs {
public:
  using PassFs::PassFs;

  Result<void> rename_new(const std::string& from, const std::string& to) override {
    TRY(PassFs::rename_new(from, to));
    known_.erase(id_at(to));
    return classify(base_name(to)) == NameKind::retired ? remember(to) : Result<void>();
  }
  Result<void> rename_exchange(const std::string& a, const std::string& b) override {
    known_.erase(id_at(a));
    known_.erase(id_at(b));
    return PassFs::rename_exchange(a, b);
  }
  Result<void> unlink(const std::string& path) override {
    known_.erase(id_at(path)); // another file may get its inode
    return PassFs::unlink(path);
  }
  Result<FileStat> stat(FileHandle file) override {
    return as_it_was(PassFs::stat(file));
  }
  Result<FileStat> lstat(const std::string& path) override {
    return as_it_was(PassFs::lstat(path));
  }
  Result<std::size_t>
  read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) override {
    TRY_ASSIGN(const FileStat stat, PassFs::stat(file));
    const auto known = known_.find(id_of(stat));
    if (known == known_.end()) {
      return PassFs::read_at(file, into, offset);
    }
    const std::string& bytes = known->second.bytes;
    const std::size_t from = std::min<std::size_t>(offset, bytes.size());
    const std::size_t count = std::min(into.size(), bytes.size() - from);
    const auto begin = std::as_bytes(std::span(bytes)).begin();
    std::copy_n(begin + static_cast<std::ptrdiff_t>(from), count, into.begin());
    return count;
  }

private:
  using Id = std::pair<std::uint64_t, std::uint64_t>;
  struct Retired {
    WallTime ctime;
    std::string bytes;
  };

  static Id id_of(const FileStat& stat) { return {stat.device, stat.inode}; }
  Id id_at(const std::string& path) {
    const auto stat = PassFs::lstat(path);
    return stat ? id_of(*stat) : Id{};
  }

  Result<void> remember(const std::string& path) {
    TRY_ASSIGN(const FileHandle handle, base_.open_read(path));
    const File file(base_, handle);
    TRY_ASSIGN(const FileStat stat, base_.stat(handle));
    std::string bytes(stat.size, '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
      TRY_ASSIGN(const std::size_t got,
                 base_.read_at(handle,
                               std::as_writable_bytes(std::span(bytes)).subspan(have),
                               have));
      if (got == 0) {
        break;
      }
      have += got;
    }
    known_[id_of(stat)] = {stat.ctime, std::move(bytes)};
    return {};
  }

  Result<FileStat> as_it_was(Result<FileStat> now) const {
    const auto known = now ? known_.find(id_of(*now)) : known_.end();
    if (known != known_.end()) {
      now->ctime = known->second.ctime;
    }
    return now;
  }

  std::map<Id, Retired> known_;
};

} // namespace coldpress
