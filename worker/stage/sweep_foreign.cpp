#include "worker/stage/sweep_foreign.hpp"

#include "config/settings.hpp"
#include "fsutil/file_stamp.hpp"
#include "locking/kernel_lease.hpp"
#include "worker/rollout/compare.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/redundant.hpp"

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
    const auto maintenance = Maintenance::enter(guards_);
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
      const auto found =
          find_its_bytes({*handle, temp_.path, form_}, stat, *lease, thread_id);
      if (!found) {
        return lease->whole() ? Fail(found.error()) : Result<Swept>(Swept::in_use);
      }
      if (!*found) {
        return Swept::unknown;
      }
      auto entered = Section::enter(*maintenance, thread_id, 2s);
      if (!entered) {
        return later_or(entered.error());
      }
      section.emplace(std::move(*entered));
    }
    TRY(guards_.store.check());
    TRY(directory.check());
    const Copy goes{temp_.path, FileStamp::of(stat)};
    auto copy = whole_
                    ? Redundant::prove(
                          fs_, section->lock(), whole_->compared, goes, whole_->durable)
                    : Redundant::empty(fs_, maintenance->lock(), goes);
    if (!copy) {
      return copy.error().code != Errc::changed && copy.error().code != Errc::not_found
                 ? Fail(std::move(copy.error()))
             : copy.error().path == temp_.path ? Result<Swept>(Swept::in_use)
                                               : Result<Swept>(Swept::unknown);
    }
    if (!lease->whole()) {
      return Swept::in_use;
    }
    TRY(std::move(*copy).remove());
    return Swept::removed;
  }

private:
  struct Whole {
    Comparison compared;
    Durable durable;
  };

  // Sets `thread_id` and whole_ if a form of its rollout holds the whole file.
  Result<bool> find_its_bytes(const OpenForm& temp,
                              const FileStat& stat,
                              const KernelLease& lease,
                              std::string& thread_id) {
    TRY_ASSIGN(RolloutReader reader,
               RolloutReader::over(fs_, temp.file, temp.path, temp.form));
    const auto head = read_head(reader);
    if (!head || !*head) {
      return head || is_damage(head.error()) ? Result<bool>(false) : Fail(head.error());
    }
    thread_id = (*head)->thread_id;
    const std::string here = parent_dir(temp.path);
    const std::string archive = join_path(temp_.home, tree_name(Root::archived));
    const auto find = [&](const std::string& dir) {
      return find_in(dir, thread_id, [&](const std::string& path) {
        return holds_it(path, temp, FileStamp::of(stat), lease);
      });
    };
    TRY_ASSIGN(const bool beside, find(here));
    return beside || here == archive ? Result<bool>(beside) : find(archive);
  }

  Result<bool> find_in(const std::string& dir,
                       const std::string& thread_id,
                       const std::function<Result<bool>(const std::string&)>& holds_it) {
    const auto entries = fs_.list_dir(dir);
    if (!entries) {
      return entries.error().code == Errc::not_found ? Result<bool>(false)
                                                     : Fail(entries.error());
    }
    for (const DirEntry& entry : *entries) {
      const auto name = parse_rollout_name(entry.name);
      if (name && (name->thread_id == thread_id || name->rollout_id == thread_id)) {
        TRY_ASSIGN(const bool holds, holds_it(join_path(dir, entry.name)));
        if (holds) {
          return true;
        }
      }
    }
    return false;
  }

  // A form that is damaged or less safe than the temp vouches for nothing.
  Result<bool> holds_it(const std::string& path,
                        const OpenForm& temp,
                        const FileStamp& goes,
                        const KernelLease& lease) {
    TRY_ASSIGN(const HeldDir directory, HeldDir::hold(fs_, parent_dir(path)));
    auto handle = fs_.open_read(path);
    if (!handle) {
      return is_no_temp(handle.error()) || handle.error().code == Errc::denied
                 ? Result<bool>(false)
                 : Fail(std::move(handle.error()));
    }
    const File form(fs_, *handle);
    TRY_ASSIGN(const FileStat stat, fs_.stat(*handle));
    if (less_safe(goes, FileStamp::of(stat))) {
      return false;
    }
    const bool frame = is_compressed_name(path);
    TRY_ASSIGN(
        RolloutReader whole,
        RolloutReader::over(fs_, *handle, path, frame ? Form::compressed : Form::plain));
    auto compared = compare_beginning(fs_, temp, whole, [&]() -> Result<void> {
      return lease.whole() ? Result<void>()
                           : Fail(Error{Errc::busy, 0, "compare", temp.path, {}});
    });
    if (!compared) {
      return is_damage(compared.error()) ? Result<bool>(false) : Fail(compared.error());
    }
    if (!*compared) {
      return false;
    }
    // Only appends may come to it from here on, and those only to a plain file.
    auto durable = Durable::sync(
        fs_,
        *handle,
        {path, FileStamp::of(stat), frame ? Since::nothing : Since::appended});
    if (!durable) {
      return durable.error().code == Errc::changed ? Result<bool>(false)
                                                   : Fail(std::move(durable.error()));
    }
    whole_.emplace(Whole{std::move(**compared), std::move(*durable)});
    return true;
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
