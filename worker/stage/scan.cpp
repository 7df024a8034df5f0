#include "worker/stage/scan.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/page_cache.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/scan_forms.hpp"
#include "worker/stage/scan_versions.hpp"
#include "worker/stage/scan_weak.hpp"

#include <algorithm>
#include <unordered_set>

namespace coldpress {

namespace {

// Longer than any file system's clock tick (FAT: 2 s).
constexpr std::chrono::seconds k_may_change_unseen{10};

// Less is not worth a call.
constexpr std::uint64_t k_worth_dropping = std::uint64_t{1} << 20U;

struct CompressedFile {
  std::string path;
  Root root;
  FileStamp stamp;
  std::uint64_t allocated = 0;
  std::optional<HeadMemory::Found> known;
  bool head_known = false;
  std::optional<RolloutHead> head{};
};

// plain_name() of a name that is_compressed_name(), without a copy.
std::string_view plain_view(std::string_view compressed) {
  return compressed.substr(0, compressed.rfind('.'));
}

class Scanner {
public:
  Scanner(Fs& fs,
          const std::string& home,
          const ScanRules& rules,
          const HeadMemory& known)
      : fs_(fs), home_(home), rules_(rules), known_(known), seen_(known.size()),
        versions_(rules.now) {
    // Nearly all will be there again.
    found_.candidates.reserve(known.size());
    compressed_.reserve(known.size());
  }

  Inventory run() {
    for (const Root root : {Root::archived, Root::active}) {
      walk_tree(root);
    }
    for (CompressedFile& file : compressed_) {
      if (versions_.counts(file.stamp.mtime)) {
        take_compressed_head(file);
      }
    }
    if (needs_all_heads()) {
      for (CompressedFile& file : compressed_) {
        if (!versions_.counts(file.stamp.mtime)) {
          take_compressed_head(file);
        }
      }
    }
    if (rules_.read_more) {
      read_more_heads();
    }
    mark_shared();
    mark_blocked();
    collect_leftovers();
    const bool own = rules_.own != nullptr && !rules_.own->empty();
    if ((rules_.weak_frames || own) && found_.errors.empty()) {
      collect_weak();
    }
    collect_gone();
    found_.versions = versions_.take();
    if (rules_.list_compressed) {
      list_compressed();
    }
    return std::move(found_);
  }

private:
  void walk_tree(Root root) {
    const std::string tree = join_path(home_, tree_name(root));
    if (const auto space = fs_.space(tree); space && !space->known_local) {
      found_.not_local.at(static_cast<std::size_t>(root)) =
          space->type.empty() ? "?" : space->type;
    }
    walk_rollouts(fs_,
                  tree,
                  {[&](const std::string& dir, const DirEntry& entry, NameKind kind) {
                     visit(root, dir, entry, kind);
                   },
                   [&](OddEntry odd) { found_.odd.push_back(std::move(odd)); },
                   [&](Error error) { found_.errors.push_back(std::move(error)); }});
  }

  void visit(Root root, const std::string& dir, const DirEntry& entry, NameKind kind) {
    std::string path = join_path(dir, entry.name);
    switch (kind) {
    case NameKind::plain:
      note_form(Role::plain, root, path, entry.name);
      add_candidate(root, std::move(path), entry, true);
      break;
    case NameKind::malformed:
      add_candidate(root, std::move(path), entry, false);
      break;
    case NameKind::compressed:
      note_form(Role::compressed, root, path, plain_view(entry.name));
      add_compressed(root, std::move(path));
      break;
    case NameKind::retired:
      note_form(Role::retired, root, path, *retired_plain_name(entry.name));
      unlisted_.push_back({Role::retired, root, std::move(path)});
      break;
    case NameKind::part:
      found_.parts.push_back(std::move(path));
      break;
    case NameKind::foreign_temp:
      found_.foreign_temps.push_back(std::move(path));
      break;
    case NameKind::unknown_temp: // odd
    case NameKind::other:
      break;
    }
  }

  void note_form(Role role, Root root, const std::string& path, std::string_view plain) {
    std::string& example = found_.examples.at(static_cast<std::size_t>(root));
    if (example.empty()) {
      example = path;
    }
    forms_.note(role, plain);
  }

  // Below the store.
  std::string_view relative(const std::string& path) const {
    return std::string_view(path).substr(home_.size() + 1);
  }

  void
  add_candidate(Root root, std::string path, const DirEntry& entry, bool valid_name) {
    Candidate candidate;
    candidate.rollout = plain_name(relative(path));
    candidate.path = std::move(path);
    candidate.root = root;
    candidate.valid_name = valid_name;
    candidate.type = entry.type;
    const auto stat = fs_.lstat(candidate.path);
    if (!stat) {
      if (stat.error().code == Errc::not_found) { // gone since the listing
        if (valid_name) {
          unlisted_.push_back({Role::plain, root, std::move(candidate.path)});
        }
        return;
      }
      candidate.unreadable = true;
      candidate.why_unreadable = reason_for(stat.error());
    } else {
      candidate.type = stat->type;
      candidate.stamp = FileStamp::of(*stat);
      candidate.allocated = stat->allocated;
    }
    if (valid_name && candidate.type == FileType::regular && candidate.stamp.size > 0) {
      take_plain_head(candidate);
    }
    found_.candidates.push_back(std::move(candidate));
  }

  // What was read, and is no whole record, is neither denied nor gone.
  static Reason why(const Error& error) {
    return error.code == Errc::denied || error.code == Errc::invalid ||
                   error.code == Errc::busy
               ? reason_for(error)
               : Reason::unreadable;
  }

  void take_plain_head(Candidate& candidate) {
    const auto known = look_up(candidate.path, candidate.stamp);
    // Whoever wrote lately left a recent time; a recent time alone says nothing.
    const bool ask = versions_.counts(candidate.stamp.mtime) ||
                     versions_.counts(candidate.stamp.ctime);
    Result<std::optional<RolloutHead>> head{std::nullopt};
    if (known && (!ask || known->writers() || !known->head())) {
      head = known->head();
      if (ask && known->writers()) {
        versions_.add_turns(**head, *known->writers(), candidate.rollout);
      }
    } else {
      head = read_plain(candidate, ask);
    }
    if (!head) {
      candidate.unreadable = true;
      candidate.why_unreadable = why(head.error());
      return;
    }
    if (!*head) {
      return;
    }
    note(**head, candidate.path);
    candidate.thread_id = std::move((*head)->thread_id);
    candidate.cwd = std::move((*head)->cwd);
    candidate.source = std::move((*head)->source);
    candidate.shares_history = (*head)->has_history_base;
    if (const auto version = parse_version((*head)->cli_version)) {
      candidate.cli_version = *version;
    }
  }

  void add_compressed(Root root, std::string path) {
    const auto stat = fs_.lstat(path);
    if (!stat) {
      unlisted_.push_back({Role::compressed, root, std::move(path)});
      return;
    }
    found_.compressed_files += 1;
    add_capped(found_.compressed_bytes, stat->size);
    add_capped(found_.compressed_allocated, stat->allocated);
    const FileStamp stamp = FileStamp::of(*stat);
    const auto known = look_up(path, stamp);
    compressed_.push_back({.path = std::move(path),
                           .root = root,
                           .stamp = stamp,
                           .allocated = stat->allocated,
                           .known = known});
  }

  void take_compressed_head(CompressedFile& file) {
    look_into(file);
    if (file.head) {
      note(*file.head, file.path);
    }
  }

  // What cannot be read stays unknown.
  void look_into(CompressedFile& file) {
    auto head = file.known ? Result<std::optional<RolloutHead>>(file.known->head())
                           : read(file.path, file.stamp);
    if (head) {
      file.head_known = true;
      file.head = std::move(*head);
    }
  }

  void read_more_heads() {
    for (CompressedFile& file : compressed_) {
      if (file.head_known || file.known) {
        continue;
      }
      if (!rules_.read_more()) {
        return;
      }
      look_into(file);
    }
  }

  void list_compressed() {
    found_.compressed.reserve(compressed_.size());
    for (CompressedFile& file : compressed_) {
      if (file.known && !file.head_known) {
        look_into(file);
      }
      CompressedRollout rollout;
      rollout.rollout = plain_name(relative(file.path));
      rollout.path = std::move(file.path);
      rollout.stamp = file.stamp;
      rollout.allocated = file.allocated;
      rollout.head_known = file.head_known;
      if (file.head) {
        rollout.cwd = std::move(file.head->cwd);
        rollout.source = std::move(file.head->source);
      }
      found_.compressed.push_back(std::move(rollout));
    }
  }

  std::optional<HeadMemory::Found> look_up(const std::string& path,
                                           const FileStamp& stamp) {
    if (known_.size() == 0) {
      return std::nullopt;
    }
    const auto found = known_.find(head_key(relative(path), stamp));
    if (found) {
      seen_[found->nth()] = true;
      seen_count_ += 1;
    }
    return found;
  }

  Result<std::optional<RolloutHead>> read(const std::string& path,
                                          const FileStamp& stamp) {
    TRY_ASSIGN(RolloutReader reader, RolloutReader::open_exact(fs_, path));
    TRY_ASSIGN(auto head, read_head(reader));
    learn(path, stamp, reader.stat(), {{}, head, {}});
    return head;
  }

  // The first record and, if asked for, who wrote the last turns. Those that cannot be
  // read may be anybody's.
  Result<std::optional<RolloutHead>> read_plain(const Candidate& candidate, bool turns) {
    TRY_ASSIGN(const FileHandle handle, fs_.open_read(candidate.path));
    const File file(fs_, handle);
    TRY_ASSIGN(RolloutReader reader,
               RolloutReader::over(fs_, handle, candidate.path, Form::plain));
    TRY_ASSIGN(auto head, read_head(reader));
    std::optional<RecentWriters> writers;
    if (head && turns) {
      const std::uint64_t size = reader.stat().size;
      const bool keep = size < k_worth_dropping || is_in_use(fs_, handle, size);
      const auto found =
          read_recent_writers(fs_, handle, size, head->written, versions_.since());
      if (!keep) {
        (void)fs_.drop_cache(handle, 0, 0); // advice
      }
      if (!found) {
        versions_.add_unknown(*head, candidate.rollout, rules_.now);
        return head;
      }
      writers = *found;
      versions_.add_turns(*head, *writers, candidate.rollout);
    }
    learn(candidate.path, candidate.stamp, reader.stat(), {{}, head, writers});
    return head;
  }

  void learn(const std::string& path,
             const FileStamp& stamp,
             const FileStat& read,
             RememberedHead learned) {
    if (FileStamp::of(read) == stamp && rules_.now - stamp.ctime >= k_may_change_unseen) {
      learned.key = head_key(relative(path), stamp);
      found_.heads.learned.push_back(std::move(learned));
    }
  }

  void note(const RolloutHead& head, const std::string& path) {
    if (head.has_history_base && !head.history_base_thread.empty()) {
      shared_threads_.insert(head.history_base_thread);
    }
    versions_.add_first_record(head, plain_name(relative(path)));
  }

  bool needs_all_heads() const {
    if (rules_.shared_history == SharedHistory::compress) {
      return false;
    }
    return rules_.shared_history == SharedHistory::skip ||
           versions_.any_before(k_shares_compressed);
  }

  void mark_shared() {
    if (shared_threads_.empty()) {
      return;
    }
    for (Candidate& candidate : found_.candidates) {
      if (shared_threads_.contains(candidate.thread_id)) {
        candidate.shares_history = true;
      }
    }
  }

  void collect_leftovers() {
    if (!forms_.any()) {
      return;
    }
    for (const Candidate& candidate : found_.candidates) {
      if (candidate.valid_name) {
        forms_.show(Role::plain, candidate.root, candidate.path);
      }
    }
    for (const CompressedFile& file : compressed_) {
      forms_.show(Role::compressed, file.root, file.path);
    }
    for (const FoundFile& file : unlisted_) {
      forms_.show(file.role, file.root, file.path);
    }
    found_.leftovers = forms_.take(home_);
    mark_siblings();
  }

  void mark_siblings() {
    std::unordered_set<std::string> with_sibling;
    std::unordered_set<std::string> with_twin;
    for (const RolloutForms& forms : found_.leftovers) {
      for (const FoundFile& file : forms.files) {
        if (file.role == Role::compressed) {
          with_sibling.insert(plain_name(file.path));
        }
        const bool twin =
            std::any_of(forms.files.begin(),
                        forms.files.end(),
                        [&](const FoundFile& other) { return other.root != file.root; });
        if (twin) {
          with_twin.insert(file.path);
        }
      }
    }
    for (Candidate& candidate : found_.candidates) {
      candidate.compressed_sibling = with_sibling.contains(candidate.path);
      candidate.twin = with_twin.contains(candidate.path);
    }
  }

  // Their .zst could not get its name, and no recovery acts on what has it.
  void mark_blocked() {
    std::unordered_set<std::string> taken;
    for (const OddEntry& odd : found_.odd) {
      if (odd.kind == NameKind::compressed) {
        taken.insert(plain_name(odd.path));
      }
    }
    for (Candidate& candidate : found_.candidates) {
      candidate.blocked = taken.contains(candidate.path);
    }
  }

  // We made a .zst of that name, and its length was another.
  bool was_ours(const CompressedFile& file) const {
    if (rules_.own == nullptr || rules_.own->empty()) {
      return false;
    }
    const auto own = rules_.own->find(plain_name(relative(file.path)));
    return own != rules_.own->end() && own->second != file.stamp.size;
  }

  // Only those that stand alone. What could not be listed might stand beside one.
  void collect_weak() {
    std::unordered_set<std::string_view> more_than_one;
    for (const RolloutForms& forms : found_.leftovers) {
      more_than_one.insert(forms.plain_name);
    }
    for (const CompressedFile& file : compressed_) {
      const std::string_view name = plain_view(file.path);
      const bool ours = was_ours(file);
      if ((!rules_.weak_frames && !ours) ||
          more_than_one.contains(name.substr(name.rfind('/') + 1))) {
        continue;
      }
      if (auto weak = find_weak(fs_, home_, file.root, file.path)) {
        weak->ours = ours;
        weak->shares_history =
            weak->shares_history || shared_threads_.contains(weak->thread_id);
        found_.weak.push_back(std::move(*weak));
      }
    }
  }

  // What could not be listed may still be there.
  void collect_gone() {
    if (!found_.errors.empty() || seen_count_ == seen_.size()) {
      return;
    }
    for (std::size_t nth = 0; nth < seen_.size(); ++nth) {
      if (!seen_[nth]) {
        found_.heads.gone.push_back(known_.key_at(nth));
      }
    }
  }

  Fs& fs_;
  const std::string& home_;
  const ScanRules& rules_;
  const HeadMemory& known_;
  std::vector<bool> seen_; // by HeadMemory::Found::nth
  std::size_t seen_count_ = 0;
  VersionsSeen versions_;
  Inventory found_;
  std::vector<CompressedFile> compressed_;
  std::vector<FoundFile> unlisted_; // forms that are in neither of the two lists above
  FormFinder forms_;
  std::unordered_set<std::string> shared_threads_;
};

} // namespace

Inventory
scan(Fs& fs, const std::string& home, const ScanRules& rules, const HeadMemory& known) {
  return Scanner(fs, home, rules, known).run();
}

} // namespace coldpress
