#include "worker/stage/place.hpp"

#include "worker/rollout/name.hpp"

#include <algorithm>

namespace coldpress {

std::string_view name_of(Role role) {
  switch (role) {
  case Role::plain:
    return "plain";
  case Role::compressed:
    return "compressed";
  case Role::retired:
    break;
  }
  return "retired";
}

std::string path_in_store(const std::string& home, const std::string& path) {
  return path.starts_with(home + "/") ? path.substr(home.size() + 1) : path;
}

std::optional<std::string>
usual_path(const std::string& home, Root root, const std::string& plain_name) {
  const std::string tree = join_path(home, tree_name(root));
  if (root == Root::archived) {
    return join_path(tree, plain_name);
  }
  const auto parsed = parse_rollout_name(plain_name);
  if (!parsed) {
    return std::nullopt;
  }
  std::string date = parsed->timestamp.substr(0, std::string_view("YYYY-MM-DD").size());
  std::replace(date.begin(), date.end(), '-', '/');
  return join_path(join_path(tree, date), plain_name);
}

bool is_in_usual_place(const std::string& home,
                       const FoundFile& file,
                       const std::string& plain_name) {
  const auto usual = usual_path(home, file.root, plain_name);
  return usual && parent_dir(*usual) == parent_dir(file.path);
}

Result<std::optional<std::string>>
find_twin(Fs& fs, const std::string& home, Root root, const std::string& path) {
  const std::string name = base_name(plain_name(path));
  if (!is_in_usual_place(home, {Role::plain, root, path}, name)) {
    return std::optional<std::string>();
  }
  const auto other =
      usual_path(home, root == Root::archived ? Root::active : Root::archived, name);
  if (!other) {
    return std::optional<std::string>();
  }
  for (const std::string& form : {*other,
                                  compressed_name(*other),
                                  join_path(parent_dir(*other), retired_name(name))}) {
    const auto found = fs.lstat(form);
    if (found) {
      return std::optional(form);
    }
    if (found.error().code != Errc::not_found) {
      return Fail(found.error()); // it may stand there
    }
  }
  return std::optional<std::string>();
}

FormPaths::FormPaths(const std::string& either)
    : dir(parent_dir(either)), plain(plain_name(either)),
      compressed(compressed_name(plain)),
      retired(join_path(dir, retired_name(base_name(plain)))) {}

} // namespace coldpress
