#include "worker/stage/publish.hpp"

#include "locking/hold_timer.hpp"
#include "worker/stage/checks.hpp"
#include "worker/stage/place.hpp"

namespace coldpress {

using namespace std::chrono_literals;

namespace {

// Smaller files are compared in less time than it takes the clock to move on.
constexpr std::uint64_t k_quickly_compared = std::uint64_t{1} << 20U;
constexpr int k_waits = 12; // of a millisecond: a tick is 10 at most

} // namespace

// One publication: the table of DESIGN section 4, a method a step.
class PublishedMaker {
public:
  PublishedMaker(Guards& guards, Verified verified, const PublishRules& rules)
      : guards_(guards), fs_(guards.fs), rules_(rules), verified_(std::move(verified)),
        paths_(claim().candidate().path) {}

  Step<Published> run() {
    TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
    Done done = name_it(maintenance);
    if (done) {
      done = make_durable();
    }
    if (done) {
      done = retire(maintenance);
    }
    // 11: writers wait for nothing but the lease from here on; after it the disk may be
    // slow.
    changes_show_ = done && wait_for_clock();
    lease_.reset();
    if (!done) {
      if (!keep_pair_) {
        undo(maintenance);
      }
      done.error().blocked_us = blocked_us_;
      return std::move(done.error());
    }
    // If not, the retired file stands: the next pass's recovery syncs before it frees it.
    TRY(fs_.sync_dir(paths_.dir));
    return finish();
  }

private:
  using Done = Step<std::monostate>;

  const Claim& claim() const { return verified_.claim(); }

  // P's path still names the claimed inode, and leads to the claimed directory.
  Done still_ours() {
    TRY(claim().directory().check());
    TRY_ASSIGN(const FileStat found, fs_.lstat(paths_.plain));
    return claim().stamp().same_inode(found) ? Done{} : Stop::skip(Reason::changed);
  }

  // 5, first half: Z gets its name while P stands and wins for every reader.
  Done name_it(const Maintenance& maintenance) {
    HoldTimer held(guards_.clock, blocked_us_); // ends after the section does
    TRY_ASSIGN(const Section section,
               Section::enter(maintenance, claim().candidate().thread_id, 2s));
    held.begin();
    TRY(still_ours());
    // Asked last: with two of them, which one is the rollout is not for us to say.
    TRY(has_no_twin(fs_, claim().home(), claim().candidate()));
    auto linked = verified_.commit_new(section);
    if (!linked && linked.error().code == Errc::exists) {
      return Stop::skip(Reason::both_forms);
    }
    TRY(std::move(linked));
    return {};
  }

  // 5, second half. The file again: btrfs had not logged an inode without a name.
  Done make_durable() {
    TRY(fs_.sync_file(verified_.temp()));
    TRY(fs_.sync_dir(paths_.dir));
    TRY_ASSIGN(const FileStat stat, fs_.stat(verified_.temp()));
    frame_ = FileStamp::of(stat);
    return {};
  }

  // 6 to 10: the critical section. Writers wait from here until it returns.
  Done retire(const Maintenance& maintenance) {
    HoldTimer held(guards_.clock, blocked_us_); // ends after the section does
    TRY_ASSIGN(const Section section,
               Section::enter(maintenance, claim().candidate().thread_id, 2s));
    held.begin();
    TRY(take_lease());
    TRY(look_again());
    return rename_away();
  }

  // 7
  Done take_lease() {
    auto taken = KernelLease::try_take(fs_, claim().file(), LeaseKind::read);
    if (taken) {
      lease_.emplace(std::move(*taken));
      leases_ = LeaseSupport::works;
      return {};
    }
    const Errc code = taken.error().code;
    if (code != Errc::denied && code != Errc::unsupported) {
      return std::move(taken.error());
    }
    leases_ = LeaseSupport::none;
    return claim().candidate().root == Root::active && !rules_.active_without_lease
               ? Stop::skip(Reason::no_lease)
               : Done{};
  }

  // 8: by descriptor, by path; Z is ours; the other tree has no form of it.
  Done look_again() {
    TRY(claim().directory().check());
    TRY_ASSIGN(const FileStat by_handle, fs_.stat(claim().file()));
    TRY_ASSIGN(const FileStat by_path, fs_.lstat(paths_.plain));
    if (FileStamp::of(by_handle) != claim().stamp() ||
        FileStamp::of(by_path) != claim().stamp()) {
      return Stop::skip(Reason::changed);
    }
    const auto frame = fs_.lstat(paths_.compressed);
    if (!frame || !frame_.same_inode(*frame)) {
      return Stop::skip(Reason::changed,
                        "another process removed or replaced the new .zst");
    }
    return has_no_twin(fs_, claim().home(), claim().candidate());
  }

  // 9 and 10
  Done rename_away() {
    // The two-step form may stop in between: then both names stand, and the recovery
    // drops the retired one.
    TRY_ASSIGN(const Moved moved, move_new(fs_, paths_.plain, paths_.retired));
    auto now = fs_.stat(claim().file());
    if (now && moved == Moved::by_link && now->links == 2) {
      now->links = 1; // of an open file over NFS; reap() counts again, with it closed
    }
    const auto retired = fs_.lstat(paths_.retired);
    // Last: what was written before this look is in the stamp, or breaks the lease.
    const bool whole = !lease_ || lease_->whole();
    if (whole && now && claim().stamp().same_but_ctime(*now) && retired &&
        claim().stamp().same_inode(*retired)) {
      aside_ = FileStamp::of(*now);
      return {};
    }
    return put_back();
  }

  // True once each change that comes after the lease gets a ctime of its own. A program
  // that had the file open for reading can open it again for writing, and put its mtime
  // back; once it waits at the door, this does not.
  bool wait_for_clock() {
    const auto passed = [&] {
      return guards_.clock.file_time() > aside_.ctime + stamp_step(aside_.ctime);
    };
    if (!lease_ || aside_.size <= k_quickly_compared) {
      return lease_ && passed();
    }
    for (int waits = 0; waits < k_waits && !passed() && lease_->whole(); ++waits) {
      guards_.clock.sleep(1ms);
    }
    return passed();
  }

  // 10, the other branch: somebody resolved P before 9 and waits in open().
  Done put_back() {
    Stop arrived = Stop::skip(Reason::open_for_writing);
    arrived.kind = OutcomeKind::writer_arrived;
    if (auto moved = move_new(fs_, paths_.retired, paths_.plain); !moved) {
      // P was made again meanwhile: neither Z nor R is ours to remove now.
      keep_pair_ = true;
      arrived.detail = "another process recreated the plain file meanwhile; the retired "
                       "file keeps the bytes until recovery";
      arrived.error = std::move(moved.error());
    } else {
      put_back_ = true;
    }
    return arrived;
  }

  // Takes Z's name away again, with P standing, under the maintenance lock. It may have
  // got it even where the call failed, over a network. A pair that stays is the
  // recovery's: of whoever has the store now, if that is no longer us.
  void undo(const Maintenance& maintenance) {
    const auto named = fs_.stat(verified_.temp());
    const auto frame = fs_.lstat(paths_.compressed);
    if (named && frame && FileStamp::of(*named).same_inode(*frame)) {
      (void)take_name_back(maintenance, FileStamp::of(*named));
    } else if (put_back_) {
      (void)fs_.sync_dir(paths_.dir);
    }
  }

  // After a rollback P's name must be durable before Z's goes.
  Result<void> take_name_back(const Maintenance& maintenance, const FileStamp& frame) {
    TRY_ASSIGN(const Durable plain,
               Durable::sync(
                   fs_, claim().file(), {paths_.plain, claim().stamp(), Since::written}));
    TRY(guards_.store.check());
    TRY_ASSIGN(
        Redundant copy,
        Redundant::prove(fs_,
                         maintenance.lock(),
                         Redundant::Pair{verified_.frame(), verified_.encoded().source()},
                         {paths_.compressed, frame, Since::appended},
                         plain));
    return std::move(copy).remove();
  }

  Published finish() {
    Published published(verified_.encoded().source(), verified_.frame());
    published.rollout_ = claim().candidate().rollout;
    published.root_ = claim().candidate().root;
    published.thread_id_ = claim().candidate().thread_id;
    published.plain_path_ = paths_.plain;
    published.retired_path_ = paths_.retired;
    published.directory_ = claim().directory().id();
    published.plain_ = claim().stamp();
    published.retired_ = aside_;
    published.changes_show_ = changes_show_;
    published.compressed_ = frame_;
    published.lease_ = leases_;
    published.blocked_us_ = blocked_us_;
    return published;
  }

  Guards& guards_;
  Fs& fs_;
  PublishRules rules_;
  Verified verified_;
  FormPaths paths_; // P, Z, R
  FileStamp frame_; // Z's, once it has its name
  FileStamp aside_; // R's
  bool changes_show_ = false;
  std::optional<KernelLease> lease_; // on P, which becomes R
  LeaseSupport leases_ = LeaseSupport::none;
  bool put_back_ = false;
  bool keep_pair_ = false;
  std::uint64_t blocked_us_ = 0;
};

Step<Published> publish(Guards& guards, Verified verified, const PublishRules& rules) {
  return PublishedMaker(guards, std::move(verified), rules).run();
}

} // namespace coldpress
