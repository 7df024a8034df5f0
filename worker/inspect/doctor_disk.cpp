#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"

namespace coldpress {

namespace {

constexpr std::uint32_t k_owner_all = 0700;
constexpr std::uint32_t k_others_write = 022;
constexpr std::uint32_t k_others_any = 077;

bool is_missing(const DirFacts& dir) {
  return !dir.stat && dir.stat.error().code == Errc::not_found;
}

// What is wrong with any directory we work in; true if something is.
bool check_dir(const DirFacts& dir, std::uint32_t uid, Findings& found) {
  if (!dir.stat) {
    found.problem(fmt::format("{}: {}", dir.name, describe(dir.stat.error())),
                  "make it readable for the user who runs coldpress");
    return true;
  }
  if (dir.stat->type == FileType::symlink) {
    found.problem(dir.name + " is a symlink and is left alone: another store may share "
                             "what it points to",
                  "put the directory itself there, or name the store it belongs to with "
                  "--store");
    return true;
  }
  if (dir.stat->type != FileType::directory) {
    found.problem(dir.name + " is not a directory", "find out what " + dir.path + " is");
    return true;
  }
  if (dir.space && dir.space->read_only) {
    found.problem(dir.name + " is on a file system that is mounted read-only",
                  "nothing can be compressed there until it is mounted for writing");
    return true;
  }
  if (uid != 0 && dir.stat->uid != uid) {
    found.problem(
        fmt::format("{} belongs to user {}, not to you", dir.name, dir.stat->uid),
        "run coldpress as that user, or give " + dir.path + " to yourself");
    return true;
  }
  if (uid != 0 && (dir.stat->mode & k_owner_all) != k_owner_all) {
    found.problem(fmt::format("{} has mode {:04o}: you may not write there",
                              dir.name,
                              dir.stat->mode),
                  "chmod u+rwx " + dir.path);
    return true;
  }
  return false;
}

bool check_mode(const DirFacts& dir,
                std::uint32_t unwanted,
                std::string_view who,
                std::string_view remedy,
                Findings& found) {
  if (!dir.stat || (dir.stat->mode & unwanted) == 0) {
    return false;
  }
  found.warn(
      fmt::format("{} has mode {:04o}: others may {}", dir.name, dir.stat->mode, who),
      fmt::format("chmod {} {}", remedy, dir.path));
  return true;
}

std::string type_text(const DirFacts& dir) {
  return fmt::format(
      "{} on {}", dir.name, dir.space->type.empty() ? "?" : dir.space->type);
}

std::vector<const DirFacts*> all_dirs(const StoreFacts& store) {
  std::vector<const DirFacts*> dirs{&store.home};
  for (const auto* list : {&store.trees, &store.own}) {
    for (const DirFacts& dir : *list) {
      if (!is_missing(dir)) {
        dirs.push_back(&dir);
      }
    }
  }
  return dirs;
}

} // namespace

void check_permissions(const DoctorFacts& facts, Findings& found) {
  const StoreFacts& store = *facts.store;
  bool wrong = false;
  for (const DirFacts* dir : all_dirs(store)) {
    wrong = check_dir(*dir, facts.machine.uid, found) || wrong;
  }
  wrong =
      check_mode(
          store.home, k_others_write, "write into your conversations", "go-w", found) ||
      wrong;
  for (const DirFacts& dir : store.own) {
    wrong = check_mode(dir, k_others_any, "look into it", "700", found) || wrong;
  }
  for (const Error& error : store.preview.found.errors) {
    if (error.code != Errc::unsupported) { // a tree that is a symlink: said above
      found.problem(describe(error),
                    "make it readable; coldpress cannot see what is in it");
      wrong = true;
    }
  }
  if (!wrong) {
    found.ok("only you may write to the store and to coldpress's own files in it");
  }
}

void check_file_systems(const DoctorFacts& facts, Findings& found) {
  std::string names;
  bool told = false;
  for (const DirFacts* dir : all_dirs(*facts.store)) {
    if (!dir->space) {
      found.warn(fmt::format("{}: {}", dir->name, describe(dir->space.error())));
      told = true;
      continue;
    }
    names += (names.empty() ? "" : ", ") + type_text(*dir);
    if (!dir->space->known_local) {
      found.note(type_text(*dir) + ": not known to be a local file system",
                 "run coldpress on one machine only, best the one that runs Codex: the "
                 "kernel does not report writers on other machines, so the active tree "
                 "is left alone and retired files are kept for the long grace period");
      told = true;
    }
    if (dir->unnamed == false) {
      found.note(
          type_text(*dir) + " does not support unnamed files (O_TMPFILE)",
          "nothing to do: temp files with a name are used, and swept after a crash");
      told = true;
    }
    if (dir->stat && facts.store->home.stat && dir->stat->type == FileType::directory &&
        dir->name.ends_with("sessions") &&
        dir->stat->device != facts.store->home.stat->device) {
      found.note(
          dir->name + " is on another file system than the store",
          "runs work; but files that belong in coldpress/orphans stay where they are");
      told = true;
    }
  }
  if (!told) {
    found.ok(names);
  }
}

void check_leases(const DoctorFacts& facts, Findings& found) {
  const Settings::Scan& scan = facts.config.loaded.settings.scan;
  for (const Root root : {Root::archived, Root::active}) {
    const auto at = static_cast<std::size_t>(root);
    const std::string tree(tree_name(root));
    switch (facts.store->leases.at(at)) {
    case LeaseAnswer::works:
      found.ok("kernel leases work in " + tree);
      break;
    case LeaseAnswer::unknown:
      found.ok(tree + ": leases could not be tried, for no rollout there is yours");
      break;
    case LeaseAnswer::none: {
      const bool left = root == Root::active && !scan.active_without_lease;
      found.note(
          tree + ": no kernel leases, so a writer that takes no lock is not detected",
          left ? "this tree is left alone; scan.active_without_lease = true "
                 "compresses it anyway"
               : "retired plain files are kept for 15 minutes there instead of 10 s");
      break;
    }
    }
  }
}

void check_rollouts(const DoctorFacts& facts, Findings& found) {
  const Preview& preview = facts.store->preview;
  std::map<Reason, std::size_t> numbers;
  std::string example;
  for (const auto* list : {&preview.plan.decisions, &preview.plan.beyond_roots}) {
    for (const Decision& decision : *list) {
      numbers[decision.reason] += 1;
      if (decision.reason == Reason::unreadable && example.empty()) {
        example = decision.candidate.rollout;
      }
    }
  }
  const std::size_t plain =
      preview.plan.decisions.size() + preview.plan.beyond_roots.size();
  found.ok(fmt::format("{} plain, {} compressed; {} could be compressed now",
                       format_count(plain),
                       format_count(preview.found.compressed_files),
                       format_count(numbers[Reason::cold] + numbers[Reason::weak_frame] +
                                    numbers[Reason::lost_checksum])));
  if (numbers[Reason::unreadable] > 0) {
    found.problem(fmt::format("{} rollouts cannot be read, for example {}",
                              format_count(numbers[Reason::unreadable]),
                              example),
                  "check their permissions, and the disk");
  }
  if (numbers[Reason::not_owner] > 0) {
    found.warn(fmt::format("{} rollouts belong to another user and are left alone",
                           format_count(numbers[Reason::not_owner])),
               "run coldpress as that user as well");
  }
  if (numbers[Reason::bad_name] > 0) {
    found.note(fmt::format(
        "{} files have names similar to rollouts; Codex does not read them either",
        format_count(numbers[Reason::bad_name])));
  }
}

void check_frames(const DoctorFacts& facts, Findings& found) {
  const FrameCensus& frames = facts.store->frames;
  const std::uint64_t others = frames.without_checksum - frames.were_ours;
  if (frames.were_ours > 0) {
    found.note(
        fmt::format("{} .zst of coldpress were replaced by frames without a checksum, as "
                    "Codex does when it migrates histories; for example {}",
                    format_count(frames.were_ours),
                    frames.example),
        "nothing to do: runs recompress them once they are cold; coldpress plan "
        "says why one is left");
  }
  if (others > 0) {
    found.note(fmt::format("{} .zst of other programs have no checksum: a flipped bit in "
                           "one is not detected",
                           format_count(others)),
               "coldpress run --recompress replaces those that do not grow");
  }
  if (frames.not_looked_into > 0) {
    found.note(fmt::format("{} .zst were not read, or do not begin with a frame",
                           format_count(frames.not_looked_into)),
               "coldpress verify reads all of them");
  }
  if (found.all().empty()) {
    found.ok(
        fmt::format("{} .zst, each with a checksum", format_count(frames.looked_into)));
  }
}

void check_not_handled(const DoctorFacts& facts, Findings& found) {
  constexpr std::size_t k_shown = 10;
  const auto& all = facts.store->preview.found.odd;
  const std::size_t root = facts.store->store.home.size() + 1;
  for (std::size_t nth = 0; nth < std::min(k_shown, all.size()); ++nth) {
    const OddEntry& odd = all[nth];
    found.warn(fmt::format("{} ({})", odd.path.substr(root), reason_name(odd.oddity)),
               std::string(explain(odd.oddity)));
  }
  if (all.size() > k_shown) {
    found.warn(fmt::format("{} in all", format_count(all.size())),
               "coldpress plan --json names each");
  }
  if (all.empty()) {
    found.ok("none: coldpress handles every file that is named like a rollout");
  }
}

} // namespace coldpress
