#include "worker/catalog/index.hpp"

#include "fsutil/text.hpp"
#include "worker/catalog/index_schema.hpp"
#include "worker/catalog/index_state.hpp"
#include "worker/catalog/schema.hpp"
#include "worker/rollout/name.hpp"

namespace coldpress {

namespace {

constexpr std::string_view k_select =
    "SELECT id, name, dir, archived, compressed, device, inode, size, disk, mtime, "
    "ctime, read_offset, unread, problem FROM rollouts ";
// With the stamp of no file: it has not been read yet, whatever becomes of this run.
constexpr const char* k_insert =
    "INSERT INTO rollouts (name, dir, archived, compressed, device, inode, size, disk, "
    "mtime, ctime, thread, rollout) VALUES (?1, ?2, ?3, ?4, 0, 0, 0, ?5, ?6, 0, ?7, ?8)";
constexpr const char* k_saw =
    "UPDATE rollouts SET dir = ?2, archived = ?3, compressed = ?4, device = ?5, inode = "
    "?6, size = ?7, disk = ?8, mtime = ?9, ctime = ?10, problem = ?11 WHERE id = ?1";

IndexedRollout rollout_of(const Statement& row) {
  IndexedRollout rollout;
  rollout.id = row.integer(0);
  rollout.found.name = row.text(1);
  rollout.found.dir = row.text(2);
  rollout.found.archived = row.integer(3) != 0;
  rollout.found.compressed = row.integer(4) != 0;
  FileStat& stat = rollout.found.stat;
  stat.type = FileType::regular;
  stat.device = row.count(5);
  stat.inode = row.count(6);
  stat.size = row.count(7);
  stat.allocated = row.count(8);
  stat.mtime = row.time(9).value_or(WallTime{});
  stat.ctime = row.time(10).value_or(WallTime{});
  rollout.offset = row.count(11);
  rollout.unread = row.count(12);
  rollout.problem = row.text(13);
  return rollout;
}

Result<std::vector<IndexedRollout>>
rollouts_of(const Db& db, std::string_view which, const std::string& value = "") {
  TRY_ASSIGN(Statement query, db.prepare(std::string(k_select).append(which)));
  if (!value.empty()) {
    query.bind(std::string_view(value));
  }
  std::vector<IndexedRollout> all;
  for (;;) {
    TRY_ASSIGN(const bool more, query.step());
    if (!more) {
      return all;
    }
    all.push_back(rollout_of(query));
  }
}

} // namespace

Index::Index(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Result<Index> Index::over(Db db, bool summaries) {
  TRY(tune_index(db));
  return Index(std::make_unique<State>(std::move(db), summaries));
}

Result<Index> Index::in_memory() {
  TRY_ASSIGN(Db db, Db::in_memory());
  TRY(create_index(db));
  return over(std::move(db), true);
}

const Db& Index::db() const {
  return state_->db;
}

Result<std::vector<IndexedRollout>> Index::rollouts() const {
  return rollouts_of(state_->db, "ORDER BY name");
}

Result<std::vector<IndexedRollout>> Index::rollouts_in(const std::string& dir) const {
  return rollouts_of(state_->db, "WHERE dir = ?1", dir);
}

Result<std::vector<IndexedRollout>> Index::plain_rollouts() const {
  return rollouts_of(state_->db, "WHERE NOT compressed");
}

Result<std::optional<IndexedRollout>>
Index::rollout_named(const std::string& name) const {
  TRY_ASSIGN(std::vector<IndexedRollout> found,
             rollouts_of(state_->db, "WHERE name = ?1", name));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::uint64_t> Index::rollout_count() const {
  TRY_ASSIGN(Statement query, state_->db.prepare("SELECT count(*) FROM rollouts"));
  TRY(query.step());
  return query.count(0);
}

Result<std::vector<IndexedDir>> Index::dirs() const {
  TRY_ASSIGN(Statement query,
             state_->db.prepare("SELECT dir, device, inode, mtime, ctime, settled FROM "
                                "dirs ORDER BY dir"));
  std::vector<IndexedDir> all;
  for (;;) {
    TRY_ASSIGN(const bool more, query.step());
    if (!more) {
      return all;
    }
    all.push_back({query.text(0),
                   query.count(1),
                   query.count(2),
                   query.time(3).value_or(WallTime{}),
                   query.time(4).value_or(WallTime{}),
                   query.integer(5) != 0});
  }
}

Result<void> Index::remember_dirs(const std::vector<IndexedDir>& dirs) {
  TRY_ASSIGN(Tx tx, Tx::begin(state_->db));
  TRY(state_->run("DELETE FROM dirs"));
  for (const IndexedDir& dir : dirs) {
    TRY(state_->run("INSERT INTO dirs VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    std::string_view(dir.dir),
                    dir.device,
                    dir.inode,
                    dir.mtime,
                    dir.ctime,
                    dir.settled));
  }
  return std::move(tx).commit();
}

Result<IndexCheckpoint> Index::checkpoint(std::int64_t id) const {
  TRY_ASSIGN(
      Statement query,
      state_->db.prepare("SELECT history, digests FROM checkpoints WHERE rollout = ?1"));
  query.bind(id);
  TRY_ASSIGN(const bool found, query.step());
  return found ? IndexCheckpoint{query.text(0), query.text(1)} : IndexCheckpoint{};
}

Result<std::int64_t> Index::add(const FoundRollout& found) {
  const auto name = parse_rollout_name(found.name);
  const std::string thread = name ? name->thread_id : "";
  const std::string rollout =
      name && !name->rollout_id.empty() ? name->rollout_id : thread;
  const FileStat& stat = found.stat;
  TRY(state_->run(k_insert,
                  std::string_view(found.name),
                  std::string_view(found.dir),
                  found.archived,
                  found.compressed,
                  stat.allocated,
                  stat.mtime,
                  std::string_view(thread),
                  std::string_view(rollout)));
  const std::int64_t id = state_->db.last_insert_id();
  TRY(state_->mark_newest(thread));
  return id;
}

Result<void> Index::State::mark_newest(std::string_view thread) {
  return run("UPDATE rollouts SET newest = (name = (SELECT max(name) FROM rollouts "
             "WHERE thread = ?1)) WHERE thread = ?1",
             thread);
}

Result<void>
Index::saw(std::int64_t id, const FoundRollout& found, const std::string& problem) {
  const FileStat& stat = found.stat;
  return state_->run(k_saw,
                     id,
                     std::string_view(found.dir),
                     found.archived,
                     found.compressed,
                     stat.device,
                     stat.inode,
                     stat.size,
                     stat.allocated,
                     stat.mtime,
                     stat.ctime,
                     std::string_view(problem));
}

Result<void> Index::begin() {
  TRY_ASSIGN(Tx tx, Tx::begin(state_->db));
  state_->open.emplace(std::move(tx));
  return {};
}

Result<void> Index::commit() {
  if (!state_->open) {
    return {};
  }
  Tx tx = std::move(*state_->open);
  state_->open.reset();
  return std::move(tx).commit();
}

Result<void> Index::scrub() {
  // The words of what is gone stand in older segments until they are merged.
  TRY(state_->run("INSERT INTO words (words) VALUES ('optimize')"));
  return state_->db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<void> Index::check() const {
  TRY(check_pages(state_->db));
  TRY(check_index_tables(state_->db));
  return state_->run("INSERT INTO words (words) VALUES ('integrity-check')");
}

} // namespace coldpress
