#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coldpress {

enum class Align : std::uint8_t { left, right };

// Columns as wide as their widest cell, two spaces apart.
class Table {
public:
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::size_t rows() const { return rows_.size(); }
  // Each line begins with `indent` and ends without blanks.
  std::string text(const std::string& indent = {}) const;

private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace coldpress
