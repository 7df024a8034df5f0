#include "worker/stage/recover.hpp"

#include "fsutil/text.hpp"
#include "worker/rollout/compare.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/reader.hpp"
#include "worker/rollout/redundant.hpp"
#include "worker/stage/recover_acts.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// Which row of the table this is.
class Recovery {
public:
  Recovery(Guards& guards, const RolloutForms& forms, const RecoverRules& rules)
      : guards_(guards), forms_(forms), rules_(rules) {}

  Recovered run() {
    acts_.emplace(guards_, rules_.orphans_dir);
    if (auto looked = look(); !looked) {
      return failed(looked.error());
    }
    if (views_.size() < 2 && first(Role::retired) == nullptr) {
      return {}; // the other forms are gone since
    }
    for (const FormView& view : views_) {
      if (view.stamp.uid != rules_.uid) {
        return conflict(
            fmt::format("{} belongs to user {}; no form is changed. Compare them, and "
                        "move the other user's file out of the tree",
                        printable(view.file.path),
                        view.stamp.uid));
      }
    }
    acts_->set_thread(thread_id());
    if (const FormView* retired = first(Role::retired)) {
      return with_retired(*retired);
    }
    return without_retired();
  }

private:
  // What may be there and cannot be looked at leaves all of them as they are.
  Result<void> look() {
    for (const FoundFile& file : places()) {
      const std::string dir = parent_dir(file.path);
      auto held = acts_->hold(dir);
      const auto stat = held ? guards_.fs.lstat(file.path)
                             : Result<FileStat>(Fail(std::move(held.error())));
      if (!stat && stat.error().code != Errc::not_found) {
        return Fail(stat.error());
      }
      if (stat && stat->type == FileType::regular) {
        views_.push_back({file, FileStamp::of(*stat), dir});
      }
    }
    return {};
  }

  // Where the forms were seen, and where they are now if Codex has archived or unarchived
  // the thread since: the list may be as old as a grace is long, and one tree is walked
  // before the other.
  std::vector<FoundFile> places() const {
    std::vector<FoundFile> all = forms_.files;
    const auto add = [&](FoundFile file) {
      const auto same = [&](const FoundFile& known) { return known.path == file.path; };
      if (std::none_of(all.begin(), all.end(), same)) {
        all.push_back(std::move(file));
      }
    };
    for (const FoundFile& file : forms_.files) {
      if (!is_in_usual_place(rules_.home, file, forms_.plain_name)) {
        return all; // somebody's own copies: Codex moves none of them
      }
    }
    for (const Root root : {Root::archived, Root::active}) {
      if (const auto plain = usual_path(rules_.home, root, forms_.plain_name)) {
        add({Role::plain, root, *plain});
        add({Role::compressed, root, compressed_name(*plain)});
      }
    }
    return all;
  }

  const FormView* first(Role role, const std::string& dir = {}) const {
    const auto found =
        std::find_if(views_.begin(), views_.end(), [&](const FormView& view) {
          return view.file.role == role && (dir.empty() || view.dir == dir);
        });
    return found == views_.end() ? nullptr : &*found;
  }

  // The lock goes by the id in the first record, whichever form still says it.
  std::string thread_id() const {
    for (const FormView& view : views_) {
      const auto head = read_head(guards_.fs, view.file.path);
      if (head && *head) {
        return (*head)->thread_id;
      }
    }
    const auto name = parse_rollout_name(forms_.plain_name);
    return name ? name->thread_id : std::string();
  }

  Result<Comparison> compare(const FormView& a, const FormView& b) const {
    return compare_rollouts(guards_.fs, a.file.path, b.file.path, rules_.stop);
  }

  // --- rows with a retired file

  Recovered with_retired(const FormView& retired) {
    const FormView* here = first(Role::plain, retired.dir);
    if (here != nullptr && here->stamp.inode == retired.stamp.inode &&
        here->stamp.device == retired.stamp.device) {
      return done(acts_->remove_second_name(retired, *here),
                  "removed the retired name of a plain file");
    }
    if (here == nullptr) {
      const auto taken = guards_.fs.lstat(plain_beside(retired));
      if (!taken && taken.error().code != Errc::not_found) {
        return failed(taken.error());
      }
      if (taken) {
        return taken->type == FileType::regular // come since the look
                   ? Recovered{}
                   : conflict("something that is not a file has its plain name; move "
                              "that away, and the next run restores the retired file");
      }
    }
    const auto quiet = acts_->nobody_writes(retired);
    if (!quiet) {
      return failed(quiet.error());
    }
    if (const FormView* plain = here != nullptr ? here : first(Role::plain)) {
      return *quiet ? retired_beside_plain(retired, *plain) : Recovered{};
    }
    const FormView* frame = first(Role::compressed, retired.dir);
    if (frame == nullptr) {
      frame = first(Role::compressed);
    }
    return frame != nullptr ? retired_beside_frame(retired, *frame, *quiet)
                            : retired_alone(retired);
  }

  std::string plain_beside(const FormView& retired) const {
    return join_path(retired.dir, forms_.plain_name);
  }

  Recovered retired_beside_plain(const FormView& retired, const FormView& plain) {
    const auto compared = compare(retired, plain);
    if (!compared) {
      return failed(compared.error());
    }
    if (compared->relation() == Relation::equal ||
        compared->relation() == Relation::first_is_prefix) {
      return reap(retired, plain, *compared);
    }
    if (compared->relation() == Relation::second_is_prefix && plain.dir == retired.dir &&
        acts_->has_leases()) {
      auto swapped = acts_->exchange(retired, plain);
      if (swapped || swapped.error().code != Errc::unsupported) {
        return done(std::move(swapped),
                    "replaced the plain file by the longer retired file");
      }
    }
    return orphan(retired,
                  fmt::format("the plain file and the retired one differ from byte {} "
                              "on; merge them by hand",
                              compared->common()));
  }

  Recovered
  retired_beside_frame(const FormView& retired, const FormView& frame, bool quiet) {
    const auto compared = compare(frame, retired);
    if (!compared && !is_damage(compared.error())) {
      return failed(compared.error());
    }
    if (compared && is_as_retired(retired)) {
      // Nobody wrote into it, so somebody has made the .zst anew since.
      if (compared->relation() == Relation::second_is_prefix) {
        // The thread was resumed and compressed again: all of R is in it.
        return quiet && retired.stamp.links == 1 ? reap(retired, frame, *compared)
                                                 : Recovered{};
      }
      if (compared->relation() == Relation::differ) {
        // It is the rollout now, as after Codex's migration; or a program overwrote the
        // retired file in place and put its mtime back, which no time tells for sure: a
        // move into orphans/ that a crash has cut moves ctime, too.
        return quiet ? orphan(
                           retired,
                           fmt::format(
                               "its .zst differs from byte {} on: it was replaced, or "
                               "the retired file was overwritten in place; both are kept",
                               compared->common()))
                     : Recovered{};
      }
    }
    const bool equal = compared && compared->relation() == Relation::equal;
    if (quiet && equal && is_untouched(retired, frame)) {
      return reap(retired, frame, *compared);
    }
    const bool covers_it =
        equal || (compared && compared->relation() == Relation::first_is_prefix);
    std::optional<RecoverActs::Stale> stale;
    if (covers_it && frame.dir == retired.dir && !less_safe(frame.stamp, retired.stamp)) {
      stale.emplace(RecoverActs::Stale{frame, *compared});
    }
    return put_back(
        retired,
        stale,
        [&]() -> Result<void> {
          TRY(guards_.fs.lstat(frame.file.path));
          return {};
        },
        compared ? "a process wrote to the retired file: it is plain again"
                 : "its .zst cannot be decoded: the retired file is plain again");
  }

  // A write sets both times to now, the rename that retired it only one of them.
  static bool is_as_retired(const FormView& retired) {
    return retired.stamp.mtime != retired.stamp.ctime;
  }

  // Beside each other they have one mtime, unless somebody touched the retired file;
  // Codex's unarchive sets that of a .zst it moves to now. A second link counts as a
  // touch, too: whoever made it may append through it.
  static bool is_untouched(const FormView& retired, const FormView& frame) {
    return frame.dir != retired.dir ||
           (retired.stamp.mtime == frame.stamp.mtime && retired.stamp.links == 1);
  }

  // Not what the machine failed to do, which may go better next time.
  static bool is_damage(const Error& error) {
    return error.code == Errc::corrupt || error.code == Errc::unsupported;
  }

  Recovered retired_alone(const FormView& retired) {
    const std::string id = thread_id();
    if (!rules_.whole_store_seen || row_of(id) == ThreadRow::unknown) {
      return {};
    }
    if (row_of(id) == ThreadRow::absent) {
      return orphan(retired, "the thread was deleted; its bytes are kept");
    }
    return put_back(
        retired,
        std::nullopt,
        [&]() -> Result<void> {
          const ThreadRow row = row_of(id);
          TRY_ASSIGN(const bool elsewhere, stands_elsewhere());
          return row == ThreadRow::absent || row == ThreadRow::unknown || elsewhere
                     ? Fail(Error{Errc::changed, 0, "recover", {}, {}})
                     : Result<void>();
        },
        "its .zst is gone: the retired file is plain again");
  }

  Result<bool> stands_elsewhere() const {
    for (const FoundFile& file : places()) {
      TRY_ASSIGN(const bool there, is_there(guards_.fs, file.path));
      if (there && file.role != Role::retired) {
        return true;
      }
    }
    return false;
  }

  ThreadRow row_of(const std::string& id) const {
    return rules_.thread_row ? rules_.thread_row(id) : ThreadRow::no_database;
  }

  Recovered
  reap(const FormView& retired, const FormView& keeps, const Comparison& compared) {
    const auto grace = acts_->has_leases() ? rules_.grace : rules_.grace_without_lease;
    const auto age = guards_.clock.wall() - retired.stamp.ctime;
    if (age < grace) {
      return {std::nullopt, std::min<std::chrono::nanoseconds>(grace - age, grace)};
    }
    Recovered recovered = remove_copy(retired, keeps, compared, {});
    if (recovered.outcome && recovered.outcome->kind == OutcomeKind::recovered) {
      recovered.outcome->kind = OutcomeKind::reaped;
      recovered.outcome->bytes_before = retired.stamp.size;
    }
    return recovered;
  }

  // Of two forms the one that `keeps` makes needless.
  Recovered remove_copy(const FormView& victim,
                        const FormView& keeps,
                        const Comparison& compared,
                        std::string detail) {
    const auto why_not = less_safe(victim.stamp, keeps.stamp);
    return why_not ? conflict(text_of(*why_not, keeps))
                   : done(acts_->remove_copy(victim, keeps, compared), std::move(detail));
  }

  static std::string text_of(LessSafe why, const FormView& keeps) {
    const std::string path = printable(keeps.file.path);
    switch (why) {
    case LessSafe::second_name:
      return fmt::format(
          "{} has a second name, so the other form stays; remove that name", path);
    case LessSafe::others_write:
      return fmt::format(
          "other users may write to {}, so the other form stays; chmod go-w it", path);
    case LessSafe::same_file:
      return fmt::format("{} and the other form are one file: its directory is mounted "
                         "in two places of the store; unmount one of them",
                         path);
    case LessSafe::other_user:
      break;
    }
    return fmt::format(
        "{} belongs to user {}, so the other form stays; compare them, and "
        "move the other user's file out of the tree",
        path,
        keeps.stamp.uid);
  }

  Recovered put_back(const FormView& retired,
                     const std::optional<RecoverActs::Stale>& stale,
                     const RecoverActs::StillWanted& still_wanted,
                     std::string detail) {
    return done(acts_->put_back(retired, plain_beside(retired), stale, still_wanted),
                std::move(detail));
  }

  Recovered orphan(const FormView& retired, const std::string& detail) {
    auto moved = acts_->orphan(retired);
    if (!moved) {
      return done(Fail(std::move(moved.error())), {});
    }
    Recovered recovered = done({}, detail + ": " + *moved);
    recovered.outcome->kind = OutcomeKind::orphaned;
    return recovered;
  }

  // --- rows without one

  Recovered without_retired() {
    const FormView* plain = first(Role::plain);
    const FormView* frame = first(Role::compressed);
    const auto plains = count(Role::plain);
    if (!settled()) {
      return {};
    }
    if (plains > 1) {
      return conflict("plain files in more than one place; neither is touched. Compare "
                      "them and move one out of the trees");
    }
    if (plains == 1) {
      return pair(*plain, *frame);
    }
    return two_frames(*frame, views_.back());
  }

  Recovered pair(const FormView& plain, const FormView& frame) {
    const auto compared = compare(frame, plain);
    if (!compared && compared.error().code != Errc::corrupt) {
      return failed(compared.error());
    }
    if (compared && (compared->relation() == Relation::equal ||
                     compared->relation() == Relation::first_is_prefix)) {
      return remove_copy(frame,
                         plain,
                         *compared,
                         "removed a .zst whose plain file contains all of its data");
    }
    if (!compared) {
      return beside_damaged(plain, frame);
    }
    if (plain.stamp.size == 0 && plain.dir == frame.dir && plain.stamp.links == 1) {
      return empty_beside(plain, frame);
    }
    const auto head = read_head(guards_.fs, plain.file.path);
    return conflict(
        head && !*head && plain.stamp.mtime > frame.stamp.mtime
            ? "another process recreated the plain file, without a session_meta, and it "
              "hides the .zst; to merge them: zstd -dc the .zst into a new file, append "
              "the plain file's lines, and move the result over the plain file"
            : "the .zst has bytes that its plain file lacks; neither is touched. Compare "
              "them (zstd -dc) and move the one you do not want out of the tree");
  }

  // It hides the thread from every Codex and blocks its resume.
  Recovered empty_beside(const FormView& plain, const FormView& frame) {
    const auto head = read_head(guards_.fs, frame.file.path);
    const auto whole = decodes(frame);
    if (!head || !whole) {
      return failed(head ? whole.error() : head.error());
    }
    const auto quiet = acts_->nobody_writes(plain);
    if (!quiet) {
      return failed(quiet.error());
    }
    if (!*head || !acts_->has_leases()) {
      return conflict(
          "an empty plain file hides the .zst, and it is not known whether a process has "
          "it open; if no program writes to the thread, remove it");
    }
    return *quiet ? done(acts_->retire_empty(plain, frame),
                         "retired an empty plain file that hid its .zst")
                  : Recovered{};
  }

  Result<void> decodes(const FormView& frame) const {
    TRY_ASSIGN(RolloutReader reader,
               RolloutReader::open_exact(guards_.fs, frame.file.path));
    return copy_rollout(reader, [this](std::span<const std::byte>) -> Result<void> {
      return rules_.stop.stop_requested()
                 ? Fail(Error{Errc::canceled, 0, "recover", {}, {}})
                 : Result<void>();
    });
  }

  Recovered beside_damaged(const FormView& plain, const FormView& frame) {
    const auto cut_off = compare_cut_off(guards_.fs, frame.file.path, plain.file.path);
    if (!cut_off) {
      return failed(cut_off.error());
    }
    return *cut_off ? remove_copy(frame,
                                  plain,
                                  **cut_off,
                                  "removed a .zst that was cut off while it was written")
                    : conflict("the plain file is beside a damaged .zst; neither is "
                               "touched. If the plain file is complete, move the "
                               ".zst out of the tree");
  }

  Recovered two_frames(const FormView& a, const FormView& b) {
    const auto compared = compare(a, b);
    if (!compared && compared.error().code != Errc::corrupt) {
      return failed(compared.error());
    }
    if (!compared || compared->relation() == Relation::differ) {
      return conflict("two .zst of one rollout differ; neither is touched. Compare "
                      "them (zstd -dc) and move one out of the trees");
    }
    // Of equals the one that came last is where Codex has put it: what a killed run has
    // left in the other tree is older.
    const bool first_goes =
        compared->relation() == Relation::first_is_prefix ||
        (compared->relation() == Relation::equal && a.stamp.ctime < b.stamp.ctime);
    return remove_copy(first_goes ? a : b,
                       first_goes ? b : a,
                       *compared,
                       "removed a .zst that the other tree also has");
  }

  std::ptrdiff_t count(Role role) const {
    return std::count_if(views_.begin(), views_.end(), [&](const FormView& view) {
      return view.file.role == role;
    });
  }

  // Somebody may be half way through making one form from the other.
  bool settled() const {
    const WallTime now = guards_.clock.wall();
    return std::all_of(views_.begin(), views_.end(), [&](const FormView& view) {
      return now - view.stamp.ctime >= rules_.settle;
    });
  }

  // --- results

  std::string logical() const {
    return views_.empty()
               ? forms_.plain_name
               : path_in_store(rules_.home,
                               join_path(views_.front().dir, forms_.plain_name));
  }

  Recovered done(Result<void> act, std::string detail) const {
    return act ? report(OutcomeKind::recovered, std::move(detail)) : failed(act.error());
  }

  Recovered failed(const Error& error) const {
    switch (error.code) {
    case Errc::busy: // as of a file that somebody has leased: its open would wait
    case Errc::changed:
    case Errc::not_found:
    case Errc::exists:
    case Errc::canceled:
      // The world moved, or is at work: the next pass looks again.
      return {};
    default:
      break;
    }
    return {Outcome::failed(logical(), error), std::nullopt};
  }

  Recovered conflict(std::string detail) const {
    return report(OutcomeKind::conflict, std::move(detail));
  }

  Recovered report(OutcomeKind kind, std::string detail) const {
    return {Outcome::of(logical(), kind, std::move(detail)), std::nullopt};
  }

  Guards& guards_;
  const RolloutForms& forms_;
  const RecoverRules& rules_;
  std::vector<FormView> views_;
  std::optional<RecoverActs> acts_;
};

} // namespace

Recovered recover(Guards& guards, const RolloutForms& forms, const RecoverRules& rules) {
  return Recovery(guards, forms, rules).run();
}

} // namespace coldpress
