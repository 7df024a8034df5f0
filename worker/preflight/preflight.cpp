#include "worker/preflight/preflight.hpp"

#include "locking/codex_locks.hpp"
#include "locking/held_file.hpp"
#include "locking/run_marker.hpp"
#include "locking/store_lock.hpp"
#include "worker/preflight/way_out.hpp"

#include <algorithm>
#include <cerrno>

namespace coldpress::preflight {

namespace {

constexpr std::size_t k_most_thread_locks = 1000;

class Look {
public:
  Look(Fs& fs, const Places& places) : fs_(fs), places_(places) {}

  // What every run opens, or makes where it is absent.
  void at_what_each_run_needs() {
    const CodexLockPaths codex(places_.home);
    file("the store lock", store_lock_path(places_.own_dir));
    file("the coordination lock", codex.coordination);
    file("the maintenance lock", codex.maintenance);
    file("the run marker", marker_path(places_.home));
  }

  void at_thread_locks() {
    const CodexLockPaths codex(places_.home);
    const auto entries = fs_.list_dir(codex.threads_dir);
    std::size_t left = k_most_thread_locks;
    for (const DirEntry& entry : entries ? *entries : std::vector<DirEntry>{}) {
      const std::string path = join_path(codex.threads_dir, entry.name);
      if (!entry.name.ends_with(".lock") || path == codex.coordination) {
        continue;
      }
      if (left-- == 0) {
        return;
      }
      const auto handle = open_existing(fs_, path);
      if (handle) {
        fs_.close(*handle);
      } else if (handle.error().code != Errc::not_found) { // released meanwhile
        add(Stops::one_thread, "the lock of a thread", handle.error());
      }
    }
  }

  // SQLite makes files beside it, too.
  void at_the_ledger() {
    const std::string path = join_path(places_.state_dir, "ledger.sqlite");
    if (auto open = may_open(path); !open) {
      add(Stops::memory, "the ledger", std::move(open.error()));
    } else if (auto dir = may_make_in(places_.state_dir); !dir) {
      add(Stops::memory, "the directory of the ledger", std::move(dir.error()));
    }
  }

  std::vector<Obstacle> take() { return std::move(found_); }

private:
  void add(Stops stops, std::string what, Error error) {
    std::string hint = way_out(fs_, error, places_.uid);
    found_.push_back({stops, std::move(what), std::move(error), std::move(hint)});
  }

  void file(std::string what, const std::string& path) {
    if (auto open = may_open(path); !open) {
      add(Stops::every_run, std::move(what), std::move(open.error()));
    }
  }

  // As open_lock() with Create::yes, after the directory was made where it is absent.
  Result<void> may_open(const std::string& path) {
    const auto handle = fs_.open_lock(path, Create::no);
    if (handle) {
      fs_.close(*handle);
      return {};
    }
    if (handle.error().code == Errc::not_found) {
      return may_make_in(parent_dir(path));
    }
    return Fail(Error(handle.error()));
  }

  Result<void> may_make_in(const std::string& dir) {
    TRY_ASSIGN(const bool there, is_there(fs_, dir));
    const std::string above = parent_dir(dir);
    return there || above == dir ? check_writable(fs_, dir, places_.uid)
                                 : may_make_in(above);
  }

  Fs& fs_;
  const Places& places_;
  std::vector<Obstacle> found_;
};

// Where no call tells: who may write by the mode, other groups than ours not looked at.
Result<void> by_mode(Fs& fs, const std::string& dir, std::uint32_t uid) {
  constexpr std::uint32_t k_owner = 0300;
  constexpr std::uint32_t k_any_other = 022;
  TRY_ASSIGN(const SpaceInfo space, fs.space(dir));
  if (space.read_only) {
    return Fail(Error::from_errno(EROFS, "check directory", dir));
  }
  TRY_ASSIGN(const FileStat stat, fs.lstat(dir));
  if (stat.type != FileType::directory) {
    return Fail(Error::from_errno(ENOTDIR, "check directory", dir));
  }
  const bool may = uid == 0 || (stat.uid == uid ? (stat.mode & k_owner) == k_owner
                                                : (stat.mode & k_any_other) != 0);
  if (!may) {
    return Fail(Error::from_errno(EACCES, "check directory", dir));
  }
  return {};
}

} // namespace

Result<void> check_writable(Fs& fs, const std::string& dir, std::uint32_t uid) {
  const auto made = fs.create_unnamed(dir);
  if (made) {
    fs.close(*made);
    return {};
  }
  if (made.error().code == Errc::unsupported) {
    return by_mode(fs, dir, uid);
  }
  return Fail(Error(made.error()));
}

std::vector<Obstacle> look(Fs& fs, const Places& places) {
  Look look(fs, places);
  look.at_what_each_run_needs();
  look.at_thread_locks();
  look.at_the_ledger();
  return look.take();
}

Result<void> check_start(Fs& fs, const Places& places) {
  Look look(fs, places);
  look.at_what_each_run_needs();
  std::vector<Obstacle> found = look.take();
  if (found.empty()) {
    return {};
  }
  Obstacle& first = found.front();
  return Fail(std::move(first.error)
                  .in("no run can begin without " + first.what + "; " + first.hint)
                  .in("coldpress doctor lists everything that blocks a run"));
}

} // namespace coldpress::preflight
