#include "worker/catalog/filter_sql.hpp"

namespace coldpress {

namespace {

// The first text that sorts behind all that begin with `dir`/.
std::string behind(const std::string& dir) {
  return dir + static_cast<char>('/' + 1);
}

std::string without_slash(std::string dir) {
  while (dir.size() > 1 && dir.back() == '/') {
    dir.pop_back();
  }
  return dir;
}

std::string status_condition(FilterSql& sql, const std::string& status) {
  if (status == "none") {
    return "r.status = ''";
  }
  const std::string parameter = sql.parameter(status);
  return status == "interrupted" ? "r.status IN (" + parameter + ", 'inProgress')"
                                 : "r.status = " + parameter;
}

} // namespace

FilterSql filter_sql(const ThreadFilter& filter) {
  FilterSql sql;
  if (!filter.project.empty()) {
    const std::string dir = without_slash(filter.project);
    const std::string below = dir == "/" ? "" : dir;
    const std::string itself = sql.parameter(dir);
    const std::string from = sql.parameter(below + "/");
    const std::string to = sql.parameter(behind(below));
    sql.add("(r.project = " + itself + " OR (r.project >= " + from + " AND r.project < " +
            to + "))");
  }
  if (!filter.source.empty()) {
    sql.add("r.source = " + sql.parameter(filter.source));
  }
  if (filter.since) {
    sql.add("r.mtime >= " +
            sql.parameter(std::int64_t{filter.since->time_since_epoch().count()}));
  }
  if (filter.until) {
    sql.add("r.mtime < " +
            sql.parameter(std::int64_t{filter.until->time_since_epoch().count()}));
  }
  if (!filter.status.empty()) {
    sql.add(status_condition(sql, filter.status));
  }
  if (filter.compressed) {
    sql.add(*filter.compressed ? "r.compressed" : "NOT r.compressed");
  }
  if (filter.archived) {
    sql.add(*filter.archived ? "r.archived" : "NOT r.archived");
  }
  if (!filter.threads.empty()) {
    std::string all;
    for (const std::string& thread : filter.threads) {
      all += (all.empty() ? "" : ", ") + sql.parameter(thread);
    }
    sql.add("r.thread IN (" + all + ")");
  }
  return sql;
}

} // namespace coldpress
