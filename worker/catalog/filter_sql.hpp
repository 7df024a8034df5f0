#pragma once

#include "fsutil/text.hpp"
#include "worker/catalog/index_query.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coldpress {

// Conditions over a row `r` of the table rollouts, and the values of their parameters,
// which are numbered from ?1.
class FilterSql {
public:
  using Value = std::variant<std::string, std::int64_t>;

  void add(const std::string& condition) {
    text_ += text_.empty() ? condition : " AND " + condition;
  }
  // The number of the new parameter, as "?3".
  std::string parameter(Value value) {
    values_.push_back(std::move(value));
    return "?" + std::to_string(values_.size());
  }
  std::string text() const { return text_.empty() ? "1" : text_; }
  void bind(Statement& statement) const { statement.bind_all(values_); }

private:
  std::string text_;
  std::vector<Value> values_;
};

FilterSql filter_sql(const ThreadFilter& filter);

// The columns of a ListedThread, of a row `r`; and the thread in a row that has them from
// column `first` on.
std::string_view listed_columns();
ListedThread listed_of(const Statement& row, int first);

} // namespace coldpress
