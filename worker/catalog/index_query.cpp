#include "worker/catalog/index_query.hpp"

#include "worker/catalog/filter_sql.hpp"

#include <algorithm>
#include <set>

namespace coldpress {

namespace {

constexpr std::string_view k_columns =
    "r.id, r.thread, r.rollout, r.name, r.dir, r.archived, r.compressed, r.preview, "
    "r.project, r.source, r.version, r.mode, r.begun, r.mtime, r.turns, r.failed_turns, "
    "r.status, r.tokens, r.read_offset + r.unread, r.disk, r.unreadable, r.unknown, "
    "CASE WHEN r.refused <> '' THEN r.refused ELSE r.problem END, r.forked_from, "
    "r.base_rollout, r.base_byte";

std::string_view order_of(ListSort sort) {
  switch (sort) {
  case ListSort::age:
    return "r.mtime";
  case ListSort::size:
    return "r.read_offset + r.unread";
  case ListSort::disk:
    return "r.disk";
  case ListSort::turns:
    return "r.turns";
  }
  return "r.mtime";
}

FilterSql where_of(const ListQuery& query) {
  FilterSql where = filter_sql(query.filter);
  if (!query.older_rollouts) {
    where.add("r.newest = 1");
  }
  return where;
}

// What one step of the family leads to: forks by thread, inheriting ones by rollout.
constexpr std::string_view k_relatives =
    "SELECT p.thread FROM rollouts r JOIN rollouts p ON p.thread = r.forked_from "
    "WHERE r.thread = ?1 AND r.forked_from <> '' UNION "
    "SELECT c.thread FROM rollouts c WHERE c.forked_from = ?1 AND c.forked_from <> '' "
    "UNION SELECT p.thread FROM rollouts r JOIN rollouts p ON p.rollout = r.base_rollout "
    "WHERE r.thread = ?1 AND r.base_rollout <> '' UNION "
    "SELECT c.thread FROM rollouts r JOIN rollouts c ON c.base_rollout = r.rollout "
    "WHERE r.thread = ?1 AND c.base_rollout <> ''";

} // namespace

std::string_view listed_columns() {
  return k_columns;
}

ListedThread listed_of(const Statement& row, int first) {
  ListedThread thread;
  const auto text = [&](int nth) { return row.text(first + nth); };
  const auto count = [&](int nth) { return row.count(first + nth); };
  thread.id = row.integer(first);
  thread.thread = text(1);
  thread.rollout_id = text(2);
  thread.name = text(3);
  thread.dir = text(4);
  thread.archived = count(5) != 0;
  thread.compressed = count(6) != 0;
  thread.preview = text(7);
  thread.project = text(8);
  thread.source = text(9);
  thread.version = text(10);
  thread.mode = text(11);
  thread.begun = row.time(first + 12);
  thread.written = row.time(first + 13).value_or(WallTime{});
  thread.turns = count(14);
  thread.failed_turns = count(15);
  // While a thread is not running, a turn without an end was interrupted.
  const std::string status = text(16);
  thread.status = status.empty()           ? "none"
                  : status == "inProgress" ? "interrupted"
                                           : status;
  thread.tokens = count(17);
  thread.plain_bytes = count(18);
  thread.disk_bytes = count(19);
  thread.unreadable_lines = count(20);
  thread.unknown = text(21);
  thread.problem = text(22);
  thread.forked_from = text(23);
  thread.base_rollout = text(24);
  thread.base_byte = count(25);
  return thread;
}

Result<std::vector<ListedThread>> list_threads(const Db& db, const ListQuery& query) {
  const FilterSql where = where_of(query);
  const std::string_view way = query.ascending ? "ASC" : "DESC";
  TRY_ASSIGN(Statement rows,
             db.prepare(fmt::format(
                 "SELECT {} FROM rollouts r WHERE {} ORDER BY {} {}, "
                 "r.id {} LIMIT {} OFFSET {}",
                 k_columns,
                 where.text(),
                 order_of(query.sort),
                 way,
                 way,
                 query.limit == 0 ? -1 : static_cast<std::int64_t>(query.limit),
                 query.offset)));
  where.bind(rows);
  std::vector<ListedThread> all;
  for (;;) {
    TRY_ASSIGN(const bool more, rows.step());
    if (!more) {
      return all;
    }
    all.push_back(listed_of(rows, 0));
  }
}

Result<ThreadTotals> total_of(const Db& db, const ListQuery& query) {
  const FilterSql where = where_of(query);
  TRY_ASSIGN(Statement sums,
             db.prepare("SELECT count(*), sum(r.read_offset + r.unread), sum(r.disk) "
                        "FROM rollouts r WHERE " +
                        where.text()));
  where.bind(sums);
  TRY(sums.step());
  return ThreadTotals{sums.count(0), sums.count(1), sums.count(2)};
}

Result<std::vector<std::string>> family_of(const Db& db, const std::string& thread) {
  std::set<std::string> family;
  std::vector<std::string> waiting;
  TRY_ASSIGN(Statement known, db.prepare("SELECT 1 FROM rollouts WHERE thread = ?1"));
  known.bind(std::string_view(thread));
  TRY_ASSIGN(const bool found, known.step());
  if (found) {
    family.insert(thread);
    waiting.push_back(thread);
  }
  TRY_ASSIGN(Statement step, db.prepare(k_relatives));
  while (!waiting.empty()) {
    step.bind(std::string_view(waiting.back()));
    waiting.pop_back();
    for (;;) {
      TRY_ASSIGN(const bool more, step.step());
      if (!more) {
        break;
      }
      std::string relative = step.text(0);
      if (family.insert(relative).second) {
        waiting.push_back(std::move(relative));
      }
    }
    step.reset();
  }
  return std::vector<std::string>(family.begin(), family.end());
}

} // namespace coldpress
