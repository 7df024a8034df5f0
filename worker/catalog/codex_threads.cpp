#include "worker/catalog/codex_threads.hpp"

#include "worker/catalog/sqlite.hpp"

namespace coldpress {

namespace {

bool is_state_name(std::string_view name) {
  return name.starts_with("state_") && name.ends_with(".sqlite");
}

// Codex's lock may be held while this is asked.
constexpr std::chrono::milliseconds k_patience{100};
// A row is found in some twenty steps; without an index this is a million rows.
constexpr int k_most_steps = 10'000'000;

// A database that cannot be read says nothing; one that is busy will.
Result<std::optional<bool>> silence(Error error) {
  if (error.code == Errc::busy) {
    return Fail(std::move(error));
  }
  return std::optional<bool>();
}

// Empty: the database does not say.
Result<std::optional<bool>> has_row(const std::string& path,
                                    const std::string& thread_id) {
  const auto db = Db::open(path, DbMode::read_only, k_patience);
  if (!db) {
    return silence(db.error());
  }
  db->stop_after(k_most_steps);
  // A view or a virtual table of that name answers with what somebody else wrote.
  auto table = db->prepare("SELECT 1 FROM sqlite_master WHERE name = 'threads' "
                           "AND type = 'table' AND rootpage > 0");
  if (!table) {
    return silence(table.error());
  }
  const auto is_table = table->step();
  if (!is_table || !*is_table) {
    return is_table ? std::optional<bool>() : silence(is_table.error());
  }
  auto query = db->prepare("SELECT 1 FROM threads WHERE id = ?1");
  if (!query) {
    return silence(query.error());
  }
  query->bind(thread_id);
  const auto row = query->step();
  if (!row) {
    return silence(row.error());
  }
  return std::optional(*row);
}

struct Answer {
  bool present = false;
  std::size_t asked = 0;
  bool all_said = true;
};

Result<Answer> ask_all_in(Fs& fs, const std::string& dir, const std::string& thread_id) {
  Answer answer;
  const auto entries = fs.list_dir(dir);
  answer.all_said = entries.has_value() || entries.error().code == Errc::not_found;
  for (const DirEntry& entry : entries ? *entries : std::vector<DirEntry>{}) {
    if (!is_state_name(entry.name)) {
      continue;
    }
    TRY_ASSIGN(const auto has, has_row(join_path(dir, entry.name), thread_id));
    answer.asked += 1;
    answer.all_said = answer.all_said && has;
    if (has && *has) {
      answer.present = true;
      break;
    }
  }
  return answer;
}

} // namespace

Result<std::optional<bool>>
codex_has_thread(Fs& fs, const ThreadDatabases& databases, const std::string& thread_id) {
  bool all_said = databases.complete;
  std::size_t asked = 0;
  std::optional<Error> busy; // another may know it meanwhile
  const auto ask = [&](const std::string& dir, bool must_answer) {
    const auto answer = ask_all_in(fs, dir, thread_id);
    if (!answer) {
      busy = answer.error();
      return false;
    }
    asked += answer->asked;
    all_said = all_said && answer->all_said && (answer->asked > 0 || !must_answer);
    return answer->present;
  };
  for (const auto* dirs : {&databases.usual, &databases.set}) {
    for (const std::string& dir : *dirs) {
      if (ask(dir, dirs == &databases.set)) {
        return std::optional(true);
      }
    }
  }
  if (busy) {
    return Fail(std::move(*busy));
  }
  return all_said && asked > 0 ? std::optional(false) : std::optional<bool>();
}

} // namespace coldpress
