#pragma once

#include "fsutil/file_stamp.hpp"
#include "locking/guards.hpp"
#include "locking/kernel_lease.hpp"
#include "worker/rollout/compare.hpp"
#include "worker/stage/place.hpp"

#include <functional>

namespace coldpress {

// A form of a rollout as it was when the recovery began to think about it.
struct FormView {
  FoundFile file;
  FileStamp stamp;
  std::string dir;
};

// What the recovery does to names. Each act takes Codex's locks, looks again, makes the
// copy that stays durable before a name goes, and syncs the directory after.
// Errc::busy, changed, exists, not_found: the world is not as it was; nothing was done,
// the next pass looks again.
class RecoverActs {
public:
  RecoverActs(Guards& guards, std::string orphans_dir)
      : guards_(guards), fs_(guards.fs), orphans_dir_(std::move(orphans_dir)) {}
  // As in the first session_meta of the rollout; before any act.
  void set_thread(std::string thread_id) { thread_id_ = std::move(thread_id); }

  // From here on names in `dir` are those of the directory that stands there now, and no
  // act is done once another has its place.
  Result<void> hold(const std::string& dir);

  // Removes a form whose bytes `keeps` has, too. A retired one only with a fresh lease.
  Result<void>
  remove_copy(const FormView& victim, const FormView& keeps, const Comparison& compared);

  // R and P are one inode: the two-step rename of a system without renameat2 was cut.
  Result<void> remove_second_name(const FormView& retired, const FormView& plain);

  // R -> P, never replacing; then, with P's name durable, the .zst that P begins with by
  // `compared`, if there is one.
  // `still_wanted` is asked under the locks: an error of its own stops it. Without them
  // the user may have deleted the thread meanwhile.
  using StillWanted = std::function<Result<void>()>;
  struct Stale {
    const FormView& frame;
    const Comparison& compared;
  };
  Result<void> put_back(const FormView& retired,
                        const std::string& plain_path,
                        const std::optional<Stale>& stale,
                        const StillWanted& still_wanted);

  // P is an older copy of R: they change places, unless a writer comes meanwhile.
  Result<void> exchange(const FormView& retired, const FormView& plain);

  // An empty P that hides Z gets its retired name, unless a writer comes meanwhile; an
  // unlink would lose the line of one who has resolved the path. Needs leases.
  Result<void> retire_empty(const FormView& plain, const FormView& keeps);

  // Keeps bytes that belong to no rollout where no reader finds them; says where.
  Result<std::string> orphan(const FormView& retired);

  // True if no process has it open for writing, as far as the kernel tells.
  Result<bool> nobody_writes(const FormView& view);
  // Whether it told, the last time it was asked.
  bool has_leases() const { return has_leases_; }

private:
  Result<void> make_orphans_dir();
  Result<std::string> orphan_name(const FormView& retired);
  Result<void> move_durably(const Section& section,
                            const FormView& view,
                            const File& file,
                            const std::string& from,
                            const std::string& to);
  Result<Section> enter(const Maintenance& maintenance);
  Result<File> open(const FormView& view);
  Result<void> unchanged(const FormView& view);
  Result<void> same_file(const FormView& view);
  Result<void> still_holds(const FormView& view);
  Result<std::optional<KernelLease>> lease_if_retired(const FormView& view,
                                                      const File& file);

  Guards& guards_;
  Fs& fs_;
  std::string orphans_dir_;
  std::string thread_id_;
  std::vector<HeldDir> held_;
  bool has_leases_ = false;
};

} // namespace coldpress
