#include "worker/stage/sweep_foreign.hpp"

#include "config/settings.hpp"
#include "fsutil/file_stamp.hpp"
#include "locking/kernel_lease.hpp"
#include "worker/rollout/beginning.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"

namespace coldpress {

namespace {

using namespace std::chrono_literals;

bool old_enough(const FileStat& stat, WallTime now) {
  return stat.type == FileType::regular && now - stat.mtime > k_foreign_temp_age &&
         now - stat.ctime > k_foreign_temp_age;
}

// What a busy lock or a vanished name means here.
Result<Swept> later_or(Error error) {
  return error.code == Errc::busy || error.code == Errc::not_found
             ? Result<Swept>(Swept::in_use)
             : Fail(std::move(error));
}

class Sweeping {
public:
  Sweeping(Guards& guards, const ForeignTemp& temp)
      : guards_(guards), fs_(guards.fs), temp_(temp),
        form_(base_name(temp.path).starts_with('.') ? Form::plain : Form::compressed) {}

  Result<Swept> run() {
    TRY_ASSIGN(const HeldDir directory, HeldDir::hold(fs_, parent_dir(temp_.path)));
    auto handle = fs_.open_read(temp_.path);
    if (!handle) {
      return is_no_temp(handle.error()) ? Result<Swept>(Swept::in_use)
                                        : Fail(std::move(handle.error()));
    }
    const File file(fs_, *handle);
    TRY_ASSIGN(const FileStat stat, fs_.stat(*handle));
    if (!old_enough(stat, guards_.clock.wall()) || stat.uid != temp_.uid) {
      return Swept::in_use;
    }
    const auto maintenance = guards_.codex.try_maintenance();
    if (!maintenance) {
      return later_or(maintenance.error());
    }
    // Granted only if nobody else has it open at all. Without leases there is no proof.
    const auto lease = KernelLease::try_take(fs_, *handle, LeaseKind::write);
    if (!lease) {
      return Swept::in_use;
    }
    std::optional<Section> section;
    if (stat.size > 0) {
      std::string thread_id;
      const auto found = find_its_bytes(*handle, *lease, thread_id);
      if (!found) {
        return lease->whole() ? Fail(found.error()) : Result<Swept>(Swept::in_use);
      }
      if (!*found) {
        return Swept::unknown;
      }
      auto entered = Section::enter(guards_, thread_id, 2s);
      if (!entered) {
        return later_or(entered.error());
      }
      section.emplace(std::move(*entered));
    }
    TRY(guards_.store.check());
    TRY(directory.check());
    TRY_ASSIGN(const FileStat named, fs_.lstat(temp_.path));
    if (!lease->whole() || FileStamp::of(named) != FileStamp::of(stat)) {
      return Swept::in_use;
    }
    if (whole_ && !still_stands(*whole_)) {
      return Swept::unknown;
    }
    TRY(fs_.unlink(temp_.path));
    return Swept::removed;
  }

private:
  struct Whole {
    std::string path;
    FileStamp stamp;
  };

  // Sets `thread_id` and whole_ if a form of its rollout holds the whole file.
  Result<bool>
  find_its_bytes(FileHandle file, const KernelLease& lease, std::string& thread_id) {
    TRY_ASSIGN(RolloutReader reader, RolloutReader::over(fs_, file, temp_.path, form_));
    const auto head = read_head(reader);
    if (!head || !*head) {
      return head || is_damage(head.error()) ? Result<bool>(false) : Fail(head.error());
    }
    thread_id = (*head)->thread_id;
    const std::string here = parent_dir(temp_.path);
    const std::string archive = join_path(temp_.home, tree_name(Root::archived));
    TRY_ASSIGN(const bool beside, find_in(here, file, lease, thread_id));
    return beside || here == archive ? Result<bool>(beside)
                                     : find_in(archive, file, lease, thread_id);
  }

  Result<bool> find_in(const std::string& dir,
                       FileHandle file,
                       const KernelLease& lease,
                       const std::string& thread_id) {
    const auto entries = fs_.list_dir(dir);
    if (!entries) {
      return entries.error().code == Errc::not_found ? Result<bool>(false)
                                                     : Fail(entries.error());
    }
    for (const DirEntry& entry : *entries) {
      const auto name = parse_rollout_name(entry.name);
      if (name && (name->thread_id == thread_id || name->rollout_id == thread_id)) {
        TRY_ASSIGN(const bool holds, holds_it(join_path(dir, entry.name), file, lease));
        if (holds) {
          return true;
        }
      }
    }
    return false;
  }

  // A form that is damaged, another user's or open to others' writing vouches for
  // nothing.
  Result<bool>
  holds_it(const std::string& path, FileHandle file, const KernelLease& lease) {
    constexpr std::uint32_t k_others_write = 0022;
    TRY_ASSIGN(const HeldDir directory, HeldDir::hold(fs_, parent_dir(path)));
    auto handle = fs_.open_read(path);
    if (!handle) {
      return is_no_temp(handle.error()) || handle.error().code == Errc::denied
                 ? Result<bool>(false)
                 : Fail(std::move(handle.error()));
    }
    const File form(fs_, *handle);
    TRY_ASSIGN(const FileStat stat, fs_.stat(*handle));
    if (stat.uid != temp_.uid || stat.links != 1 || (stat.mode & k_others_write) != 0) {
      return false;
    }
    TRY_ASSIGN(
        RolloutReader whole,
        RolloutReader::over(fs_,
                            *handle,
                            path,
                            is_compressed_name(path) ? Form::compressed : Form::plain));
    const auto same =
        is_beginning_of(fs_, {file, temp_.path, form_}, whole, [&]() -> Result<void> {
          return lease.whole() ? Result<void>()
                               : Fail(Error{Errc::busy, 0, "compare", temp_.path, {}});
        });
    if (!same) {
      return is_damage(same.error()) ? Result<bool>(false) : Fail(same.error());
    }
    if (*same) {
      TRY(fs_.sync_file(*handle));
      TRY(fs_.sync_dir(parent_dir(path)));
      whole_ = Whole{path, FileStamp::of(stat)};
    }
    return *same;
  }

  // Only appends may have come to it since, and those only to a plain file.
  bool still_stands(const Whole& whole) const {
    const auto now = fs_.lstat(whole.path);
    return now && (FileStamp::of(*now) == whole.stamp ||
                   (!is_compressed_name(whole.path) && whole.stamp.same_inode(*now) &&
                    now->size >= whole.stamp.size));
  }

  static bool is_damage(const Error& error) {
    return error.code == Errc::corrupt || error.code == Errc::unsupported;
  }

  Guards& guards_;
  Fs& fs_;
  const ForeignTemp& temp_;
  Form form_; // of a materialize temp plain, of a compress temp a frame
  std::optional<Whole> whole_;
};

} // namespace

bool is_no_temp(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::invalid;
}

Result<Swept> sweep_foreign(Guards& guards, const ForeignTemp& temp) {
  return Sweeping(guards, temp).run();
}

} // namespace coldpress
