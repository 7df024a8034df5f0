#include "worker/stage/scan_forms.hpp"

#include "worker/rollout/name.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace coldpress {

namespace {

std::size_t hash_name(std::string_view plain) {
  return std::hash<std::string_view>{}(plain);
}

bool is_leftover(const RolloutForms& forms) {
  return forms.files.size() > 1 || forms.files.front().role == Role::retired;
}

} // namespace

void FormFinder::note(Role role, std::string_view plain_name) {
  names_.push_back(hash_name(plain_name));
  if (role == Role::retired) {
    wanted_.insert(names_.back());
  }
}

bool FormFinder::any() {
  std::sort(names_.begin(), names_.end());
  for (std::size_t nth = 1; nth < names_.size(); ++nth) {
    if (names_[nth] == names_[nth - 1]) {
      wanted_.insert(names_[nth]);
    }
  }
  return !wanted_.empty();
}

void FormFinder::show(Role role, Root root, const std::string& path) {
  const std::string name = base_name(path);
  std::string plain =
      role == Role::retired ? retired_plain_name(name).value_or(name) : plain_name(name);
  if (wanted_.contains(hash_name(plain))) {
    shown_.push_back({std::move(plain), {role, root, path}});
  }
}

std::vector<RolloutForms> FormFinder::take(const std::string& home) {
  // By plain name, then by directory: one for both of Codex's own places.
  std::map<std::pair<std::string, std::string>, RolloutForms> groups;
  for (Shown& one : shown_) {
    const bool usual = is_in_usual_place(home, one.file, one.plain_name);
    RolloutForms& forms =
        groups[{one.plain_name, usual ? std::string() : parent_dir(one.file.path)}];
    forms.plain_name = one.plain_name;
    forms.files.push_back(std::move(one.file));
  }
  std::vector<RolloutForms> leftovers;
  for (auto& [key, forms] : groups) {
    if (is_leftover(forms)) {
      leftovers.push_back(std::move(forms));
    }
  }
  return leftovers;
}

} // namespace coldpress
