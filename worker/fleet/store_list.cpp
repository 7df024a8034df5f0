#include "worker/fleet/store_list.hpp"

#include "fsutil/hash.hpp"
#include "fsutil/text.hpp"
#include "worker/fleet/path_pattern.hpp"

#include <algorithm>
#include <map>

namespace coldpress {

namespace {

constexpr std::size_t k_largest_list = std::size_t{64} << 20U; // bytes
constexpr std::string_view k_blanks = " \t\r";

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(k_blanks);
  if (begin == std::string_view::npos || line[begin] == '#') {
    return {}; // no store
  }
  // A tab at the beginning stays: what follows one is a size, and its name is missing.
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.substr(0, line.find_last_not_of(k_blanks) + 1);
}

// "/a//b/./c" is "/a/b/c". ".." stays: what is before it may be a symlink.
std::string without_empty_parts(const std::string& path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = std::string_view(path).substr(at, end - at);
    if (!part.empty() && part != ".") {
      out.append("/").append(part);
    }
    at = end + 1;
  }
  return out.empty() ? "/" : out;
}

Fail bad_line(const std::string& file, std::size_t number, const std::string& why) {
  return Fail(Error{
      Errc::invalid, 0, "read store list", fmt::format("{}:{}", file, number), {why}});
}

Fail no_store(const std::string& source, std::string why) {
  return Fail(Error{Errc::invalid, 0, "read store list", source, {std::move(why)}});
}

Result<ListedStore> parse_line(std::string_view line, const PathRules& rules) {
  ListedStore store;
  if (const std::size_t tab = line.rfind('\t'); tab != std::string_view::npos) {
    auto bytes = parse_size(trimmed(line.substr(tab + 1)));
    if (!bytes) {
      return Fail(
          std::move(bytes.error()).in("what follows the tab is the store's size"));
    }
    store.bytes = *bytes;
    line = line.substr(0, tab);
  }
  TRY_ASSIGN(const std::string path, absolute_path(std::string(line), rules));
  store.path = without_empty_parts(path);
  return store;
}

// By name, each once.
class Stores {
public:
  void add(ListedStore store) {
    std::optional<std::uint64_t>& bytes = by_name_[std::move(store.path)];
    bytes = std::max(bytes, store.bytes); // none is less than any
  }

  std::vector<ListedStore> all() const {
    std::vector<ListedStore> list;
    for (const auto& [path, bytes] : by_name_) {
      list.push_back({path, bytes});
    }
    return list;
  }

private:
  std::map<std::string, std::optional<std::uint64_t>> by_name_;
};

} // namespace

Result<std::vector<ListedStore>>
parse_store_list(std::string_view text, const std::string& file, const PathRules& rules) {
  Stores stores;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(text.substr(at, end - at));
    at = end + 1;
    number += 1;
    if (line.empty()) {
      continue;
    }
    auto store = parse_line(line, rules);
    if (!store) {
      return bad_line(
          file, number, fmt::format("{}", fmt::join(store.error().context, "; ")));
    }
    stores.add(std::move(*store));
  }
  std::vector<ListedStore> list = stores.all();
  if (list.empty()) {
    return no_store(file, "it names no store: write one path on each line");
  }
  return list;
}

Result<std::vector<ListedStore>>
read_store_list(Fs& fs, const std::string& path, const PathRules& rules) {
  TRY_ASSIGN(const std::string absolute, absolute_path(path, rules));
  TRY_ASSIGN(const std::string real, fs.real_path(absolute));
  const auto text = read_small(fs, real, k_largest_list);
  if (!text) {
    return Fail(text.error());
  }
  return parse_store_list(*text, path, PathRules{rules.home, parent_dir(absolute)});
}

Result<std::vector<ListedStore>>
match_store_list(Fs& fs, const std::string& pattern, const PathRules& rules) {
  TRY_ASSIGN(const std::string absolute, absolute_path(pattern, rules));
  TRY_ASSIGN(std::vector<std::string> paths, expand_pattern(fs, absolute));
  Stores stores;
  for (std::string& path : paths) {
    stores.add({without_empty_parts(path), std::nullopt});
  }
  std::vector<ListedStore> list = stores.all();
  if (list.empty()) {
    return no_store(pattern, "nothing matches this pattern");
  }
  return list;
}

std::string line_of(const ListedStore& store) {
  const std::string& path = store.path;
  const bool is_line = path.find_first_of("\t\n") == std::string::npos && !path.empty() &&
                       k_blanks.find(path.back()) == std::string::npos;
  if (!is_line) {
    return {};
  }
  return store.bytes ? fmt::format("{}\t{}\n", path, *store.bytes) : path + "\n";
}

std::string digest_of(const std::vector<ListedStore>& list) {
  constexpr std::size_t k_digits = 16;
  Hasher hasher;
  for (const ListedStore& store : list) {
    // Names hold no zero byte, so where one ends is told.
    std::string text = store.path;
    text += '\0';
    text += store.bytes ? fmt::format("{}\n", *store.bytes) : "\n";
    hasher.update(std::as_bytes(std::span(text)));
  }
  return to_hex(hasher.digest()).substr(0, k_digits);
}

} // namespace coldpress
