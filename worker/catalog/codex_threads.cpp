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

} // namespace

Result<std::optional<bool>>
codex_has_thread(Fs& fs, const std::string& codex_home, const std::string& thread_id) {
  const auto entries = fs.list_dir(codex_home);
  std::optional<bool> answer;
  bool all_said = entries.has_value();
  for (const DirEntry& entry : entries ? *entries : std::vector<DirEntry>{}) {
    if (!is_state_name(entry.name)) {
      continue;
    }
    TRY_ASSIGN(const auto has, has_row(join_path(codex_home, entry.name), thread_id));
    if (has && *has) {
      return has;
    }
    all_said = all_said && has;
    answer = false;
  }
  return all_said ? answer : std::optional<bool>();
}

} // namespace coldpress
