#include "worker/stage/publish.hpp"

#include "locking/hold_timer.hpp"
#include "worker/rollout/name.hpp"
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
        plain_(verified_.claim().candidate().path), compressed_(compressed_name(plain_)),
        dir_(parent_dir(plain_)),
        retired_(join_path(dir_, retired_name(base_name(plain_)))) {}

  Step<Published> run() {
    auto maintenance = guards_.codex.try_maintenance();
    if (!maintenance) {
      return Halt(maintenance.error().code == Errc::busy
                      ? Stop::skip(Reason::maintenance)
                      : Stop::from(std::move(maintenance.error())));
    }
    auto done = name_it();
    if (done) {
      done = make_durable();
    }
    if (done) {
      done = retire();
    }
    // 11: writers wait for nothing but the lease from here on; after it the disk may be
    // slow.
    changes_show_ = done && wait_for_clock();
    lease_.reset();
    if (!done) {
      if (!keep_pair_) {
        undo();
      }
      done.error().blocked_us = blocked_us_;
      return Halt(std::move(done.error()));
    }
    if (auto synced = fs_.sync_dir(dir_); !synced) {
      // The retired file stands: the next pass's recovery syncs before it frees it.
      return Halt(Stop::from(std::move(synced.error())));
    }
    return finish();
  }

private:
  using Done = Step<std::monostate>;

  static Done stop(Reason reason, std::string detail = {}) {
    return Done(Halt(Stop::skip(reason, std::move(detail))));
  }
  static Done fail(Error error) { return Done(Halt(Stop::from(std::move(error)))); }

  const Claim& claim() const { return verified_.claim(); }

  // P's path still names the claimed inode, and leads to the claimed directory.
  Done still_ours() {
    if (auto same = claim().directory().check(); !same) {
      return fail(std::move(same.error()));
    }
    const auto found = fs_.lstat(plain_);
    if (!found) {
      return fail(found.error());
    }
    return claim().stamp().same_inode(*found) ? Done{} : stop(Reason::changed);
  }

  // 5, first half: Z gets its name while P stands and wins for every reader.
  Done name_it() {
    HoldTimer held(guards_.clock, blocked_us_); // ends after the section does
    const auto section = Section::enter(guards_, claim().candidate().thread_id, 2s);
    if (!section) {
      return fail(section.error());
    }
    held.begin();
    TRY(still_ours());
    TRY(no_twin());
    if (auto linked = temp().commit_new(); !linked) {
      return linked.error().code == Errc::exists ? stop(Reason::both_forms)
                                                 : fail(std::move(linked.error()));
    }
    return {};
  }

  // 5, second half. The file again: btrfs had not logged an inode without a name.
  Done make_durable() {
    if (auto synced = fs_.sync_file(temp().handle()); !synced) {
      return fail(std::move(synced.error()));
    }
    if (auto synced = fs_.sync_dir(dir_); !synced) {
      return fail(std::move(synced.error()));
    }
    auto stat = fs_.stat(temp().handle());
    if (!stat) {
      return fail(std::move(stat.error()));
    }
    frame_ = FileStamp::of(*stat);
    return {};
  }

  // 6 to 10: the critical section. Writers wait from here until it returns.
  Done retire() {
    HoldTimer held(guards_.clock, blocked_us_); // ends after the section does
    const auto section = Section::enter(guards_, claim().candidate().thread_id, 2s);
    if (!section) {
      return fail(section.error());
    }
    held.begin();
    Done done = take_lease();
    if (done) {
      done = look_again();
    }
    return done ? rename_away() : done;
  }

  // 7
  Done take_lease() {
    auto taken = KernelLease::try_take(fs_, claim().file(), LeaseKind::read);
    if (taken) {
      lease_.emplace(std::move(*taken));
      leases_ = LeaseSupport::works;
      return {};
    }
    switch (taken.error().code) {
    case Errc::busy:
      return stop(Reason::open_for_writing);
    case Errc::denied:
    case Errc::unsupported:
      leases_ = LeaseSupport::none;
      return claim().candidate().root == Root::active && !rules_.active_without_lease
                 ? stop(Reason::no_lease)
                 : Done{};
    default:
      return fail(std::move(taken.error()));
    }
  }

  // 8: by descriptor, by path; Z is ours; the other tree has no form of it.
  Done look_again() {
    if (auto same = claim().directory().check(); !same) {
      return fail(std::move(same.error()));
    }
    const auto by_handle = fs_.stat(claim().file());
    const auto by_path = fs_.lstat(plain_);
    const auto frame = fs_.lstat(compressed_);
    if (!by_handle) {
      return fail(by_handle.error());
    }
    if (!by_path) {
      return fail(by_path.error());
    }
    if (FileStamp::of(*by_handle) != claim().stamp() ||
        FileStamp::of(*by_path) != claim().stamp()) {
      return stop(Reason::changed);
    }
    if (!frame || !frame_.same_inode(*frame)) {
      return stop(Reason::changed, "another process removed or replaced the new .zst");
    }
    return no_twin();
  }

  // Asked last: with two of them, which one is the rollout is not for us to say.
  Done no_twin() {
    const Candidate& candidate = claim().candidate();
    TRY_ASSIGN(const auto twin,
               find_twin(fs_, claim().home(), candidate.root, candidate.path));
    return twin ? stop(Reason::in_both_trees, *twin) : Done{};
  }

  // 9 and 10
  Done rename_away() {
    const auto moved = move_new(fs_, plain_, retired_);
    if (!moved) {
      // The two-step form may have stopped in between: then both names stand, and the
      // recovery drops the retired one.
      return fail(moved.error());
    }
    auto now = fs_.stat(claim().file());
    if (now && *moved == Moved::by_link && now->links == 2) {
      now->links = 1; // of an open file over NFS; reap() counts again, with it closed
    }
    const auto retired = fs_.lstat(retired_);
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
    if (auto moved = move_new(fs_, retired_, plain_); !moved) {
      // P was made again meanwhile: neither Z nor R is ours to remove now.
      keep_pair_ = true;
      arrived.detail = "another process recreated the plain file meanwhile; the retired "
                       "file keeps the bytes until recovery";
      arrived.error = std::move(moved.error());
    } else {
      put_back_ = true;
    }
    return Done(Halt(std::move(arrived)));
  }

  // Takes Z's name away again, with P standing, under the maintenance lock. It may have
  // got it even where the call failed, over a network. After a rollback P's name must be
  // durable before Z's goes. A pair that stays is the recovery's: of whoever has the
  // store now, if that is no longer us.
  void undo() {
    if ((put_back_ && !fs_.sync_dir(dir_)) || !guards_.store.check()) {
      return;
    }
    const auto plain = fs_.lstat(plain_);
    const auto frame = fs_.lstat(compressed_);
    const auto named = fs_.stat(temp().handle());
    if (plain && claim().stamp().same_inode(*plain) && frame && named &&
        FileStamp::of(*named).same_inode(*frame)) {
      (void)fs_.unlink(compressed_);
    }
  }

  Published finish() {
    Published published;
    published.rollout_ = claim().candidate().rollout;
    published.root_ = claim().candidate().root;
    published.thread_id_ = claim().candidate().thread_id;
    published.plain_path_ = plain_;
    published.retired_path_ = retired_;
    published.directory_ = claim().directory().id();
    published.plain_ = claim().stamp();
    published.retired_ = aside_;
    published.changes_show_ = changes_show_;
    published.compressed_ = frame_;
    published.lease_ = leases_;
    published.blocked_us_ = blocked_us_;
    return published;
  }

  TempFile& temp() { return verified_.encoded_.temp_; }

  Guards& guards_;
  Fs& fs_;
  PublishRules rules_;
  Verified verified_;
  std::string plain_;      // P
  std::string compressed_; // Z
  std::string dir_;
  std::string retired_; // R
  FileStamp frame_;     // Z's, once it has its name
  FileStamp aside_;     // R's
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
