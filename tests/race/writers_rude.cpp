#include "tests/race/writers_rude.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace coldpress::race {

ThreadRows::ThreadRows(const Home& home) {
  const std::string path = home.path() + "/state_5.sqlite";
  if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) {
    throw std::runtime_error("sqlite " + path);
  }
  constexpr int k_patience_ms = 20'000;
  sqlite3_busy_timeout(db_, k_patience_ms);
  execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
          "CREATE TABLE IF NOT EXISTS threads(id TEXT PRIMARY KEY, rollout_path TEXT)");
}

ThreadRows::~ThreadRows() {
  sqlite3_close(db_);
}

void ThreadRows::execute(const std::string& statement) {
  // The change to a write-ahead log does not wait for others who want the same.
  constexpr int k_tries = 1000;
  int done = SQLITE_BUSY;
  for (int i = 0; i < k_tries && done == SQLITE_BUSY; ++i) {
    done = sqlite3_exec(db_, statement.c_str(), nullptr, nullptr, nullptr);
    if (done == SQLITE_BUSY) {
      nap(std::chrono::milliseconds{10});
    }
  }
  if (done != SQLITE_OK) {
    throw std::runtime_error(std::string("sqlite: ") + sqlite3_errmsg(db_));
  }
}

void ThreadRows::add(std::uint32_t rollout) {
  execute(fmt::format("INSERT INTO threads VALUES('{}', '')", Home::thread_id(rollout)));
}

void ThreadRows::remove(std::uint32_t rollout) {
  execute(fmt::format("DELETE FROM threads WHERE id = '{}'", Home::thread_id(rollout)));
}

// --- owning

void OwningWriter::work() {
  begin();
  const auto fresh = [this] {
    const std::uint32_t rollout = shared_.next_rollout.fetch_add(1);
    made(rollout); // before the file is there: nobody deletes or compresses it yet
    home_.make(rollout);
    return rollout;
  };
  for (std::uint32_t i = 0; i < k_owned; ++i) {
    owned_.push_back(fresh());
  }
  while (!record_.stopped()) {
    const std::size_t which = dice_.roll(k_owned);
    if (!act(which) && !record_.stopped()) {
      shared_.collisions += 1;
      owned_[which] = fresh();
    }
    dice_.nap_below(10'000);
  }
}

// --- (e)

void Truncating::made(std::uint32_t rollout) {
  models_[rollout] = {};
}

bool Truncating::act(std::size_t which) {
  const std::uint32_t rollout = owned_[which];
  const bool cut = dice_.roll(4) == 0 && !models_[rollout].lines.empty();
  const bool stands = cut ? cut_some(rollout) : append_some(rollout);
  if (!stands) {
    models_.erase(rollout);
  }
  return stands;
}

bool Truncating::append_some(std::uint32_t rollout) {
  Model& model = models_[rollout];
  for (std::uint32_t i = 0; i < 1 + dice_.roll(20); ++i) {
    const Fd file = open_append(home_.plain(rollout));
    if (!file) {
      return false;
    }
    struct stat before {};
    struct stat after {};
    std::uint32_t n = 0;
    if (::fstat(file.get(), &before) != 0 ||
        !record_.append(file.get(), me_, rollout, &n) ||
        ::fstat(file.get(), &after) != 0) {
      fault("append failed");
      return true;
    }
    if (model.size >= 0 && before.st_size != model.size) {
      fault("the file is not as its only writer left it");
    }
    model.lines.push_back({n, before.st_size});
    model.size = after.st_size;
  }
  return true;
}

bool Truncating::cut_some(std::uint32_t rollout) {
  Model& model = models_[rollout];
  const auto most =
      static_cast<std::uint32_t>(std::min<std::size_t>(6, model.lines.size()));
  const std::size_t keep = model.lines.size() - 1 - dice_.roll(most);
  const std::int64_t size = model.lines[keep].begin;
  const std::string path = home_.plain(rollout);
  if (dice_.roll(2) == 0) {
    if (::truncate(path.c_str(), size) != 0) {
      return false;
    }
  } else {
    const Fd file = open_append(path);
    if (!file || ::ftruncate(file.get(), size) != 0) {
      return false;
    }
  }
  shared_.rude += 1;
  for (std::size_t i = keep; i < model.lines.size(); ++i) {
    record_.line(me_, model.lines[i].n).state = LineState::given_up;
  }
  model.lines.resize(keep);
  model.size = size;
  return true;
}

// --- (f)

bool RenamingOver::act(std::size_t which) {
  const std::uint32_t rollout = owned_[which];
  return dice_.roll(3) == 0
             ? save(rollout)
             : append_reopening(home_.plain(rollout), rollout, 1 + dice_.roll(12));
}

bool RenamingOver::save(std::uint32_t rollout) {
  const std::string plain = home_.plain(rollout);
  const auto text = read_form(plain);
  if (!text) {
    return false;
  }
  const std::string temp = fmt::format("{}/making/save-{}", home_.path(), me_);
  const Fd file(
      ::open(temp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (::write(file.get(), text->data(), text->size()) !=
      static_cast<ssize_t>(text->size())) {
    fault("save failed");
  }
  append_open(file.get(), rollout, 1 + dice_.roll(5));
  if (::rename(temp.c_str(), plain.c_str()) != 0) {
    fault("rename over failed");
  }
  shared_.rude += 1;
  return true;
}

// --- (g)

bool HardLinking::act(std::size_t which) {
  const std::uint32_t rollout = owned_[which];
  const std::string plain = home_.plain(rollout);
  const std::string other = home_.other_link(rollout);
  if (linked_[rollout]) {
    // The other name is ours whatever happens to the first.
    (void)append_reopening(other, rollout, 1 + dice_.roll(20));
    if (dice_.roll(3) == 0) {
      ::unlink(other.c_str());
      linked_.erase(rollout);
    }
    return true;
  }
  if (dice_.roll(4) != 0) {
    return append_reopening(plain, rollout, 1 + dice_.roll(20));
  }
  if (::link(plain.c_str(), other.c_str()) != 0) {
    return false;
  }
  shared_.rude += 1;
  linked_[rollout] = true;
  return true;
}

// --- (h)

void Deleting::begin() {
  rows_ = std::make_unique<ThreadRows>(home_);
}

void Deleting::made(std::uint32_t rollout) {
  rows_->add(rollout);
}

bool Deleting::act(std::size_t which) {
  const std::uint32_t rollout = owned_[which];
  const bool stands = append_reopening(home_.plain(rollout), rollout, 1 + dice_.roll(20));
  // Half of those that were compressed a moment ago: their retired form still waits.
  const bool gone = dice_.roll(stands ? 20 : 2) == 0;
  if (gone) {
    remove(rollout);
  }
  return stands && !gone;
}

void Deleting::remove(std::uint32_t rollout) {
  const bool with_locks = dice_.roll(2) == 0;
  auto lock = with_locks ? codex_.lock_thread(rollout) : std::nullopt;
  const Fd coordination = with_locks ? codex_.lock_coordination() : Fd();
  shared_.rollouts[rollout] =
      lock ? RolloutState::deleted_with_locks : RolloutState::deleted_without;
  rows_->remove(rollout);
  const std::string plain = home_.plain(rollout);
  const auto unlink_both = [&] {
    const bool one = ::unlink(plain.c_str()) == 0;
    return ::unlink((plain + ".zst").c_str()) == 0 || one;
  };
  while (unlink_both()) {
  }
  shared_.rude += 1;
  if (lock) {
    ::unlink((home_.path() + "/thread-writer-locks/" + Home::thread_id(rollout) + ".lock")
                 .c_str());
  }
}

// --- (i)

Root Archiving::root_of(std::uint32_t rollout) const {
  return shared_.rollouts[rollout] == RolloutState::plain_in_archive ? Root::archived
                                                                     : Root::active;
}

void Archiving::work() {
  constexpr std::uint32_t k_owned = 8;
  std::vector<std::uint32_t> owned;
  for (std::uint32_t i = 0; i < k_owned; ++i) {
    const std::uint32_t rollout = shared_.next_rollout.fetch_add(1);
    home_.make(rollout);
    shared_.rollouts[rollout] = Home::first_root(rollout) == Root::archived
                                    ? RolloutState::plain_in_archive
                                    : RolloutState::plain_in_sessions;
    owned.push_back(rollout);
  }
  while (!record_.stopped()) {
    const std::uint32_t rollout = owned[dice_.roll(k_owned)];
    if (dice_.roll(3) == 0) {
      move(rollout);
    } else {
      session(rollout, home_.plain(rollout, root_of(rollout)));
    }
    dice_.nap_below(12'000);
  }
}

void Archiving::move(std::uint32_t rollout) {
  const Root from = root_of(rollout);
  const Root to = from == Root::active ? Root::archived : Root::active;
  const bool with_locks = dice_.roll(2) == 0;
  auto lock = with_locks ? codex_.lock_thread(rollout) : std::nullopt;
  constexpr int k_tries = 50;
  bool moved = false;
  for (int i = 0; i < k_tries && !moved; ++i) {
    moved = move_a_form(rollout, from, to);
    if (!moved) {
      nap(std::chrono::milliseconds{1});
    }
  }
  if (moved) {
    shared_.rude += 1;
    shared_.rollouts[rollout] = to == Root::archived ? RolloutState::plain_in_archive
                                                     : RolloutState::plain_in_sessions;
  } else {
    fault("neither form to move: " + home_.plain(rollout, from));
  }
  if (lock) {
    codex_.unlock_thread(rollout, std::move(*lock));
  }
}

// The plain form first, as readers do.
bool Archiving::move_a_form(std::uint32_t rollout, Root from, Root to) const {
  const std::string source = home_.plain(rollout, from);
  const std::string target = home_.plain(rollout, to);
  return ::rename(source.c_str(), target.c_str()) == 0 ||
         ::rename((source + ".zst").c_str(), (target + ".zst").c_str()) == 0;
}

} // namespace coldpress::race
