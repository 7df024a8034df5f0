#include "fsutil/walk.hpp"

namespace coldpress {

namespace {

struct Pending {
  std::string dir;
  int depth;
};

} // namespace

void walk(
    Fs& fs,
    const std::string& root,
    int max_depth,
    const std::function<void(const std::string& dir, const DirEntry& entry)>& visit,
    const std::function<void(Error error)>& failed,
    const std::function<void(const std::string& dir, const DirEntry& entry)>& directory,
    const std::function<std::optional<std::vector<std::string>>(const std::string& dir)>&
        known) {
  std::vector<Pending> pending{{root, 0}};
  while (!pending.empty()) {
    const Pending next = std::move(pending.back());
    pending.pop_back();
    if (const auto inside = known ? known(next.dir) : std::nullopt) {
      for (const std::string& name : *inside) {
        pending.push_back({join_path(next.dir, name), next.depth + 1});
      }
      continue;
    }
    // What is listed and what is then looked at is in one directory.
    const auto held = HeldDir::hold(fs, next.dir);
    auto entries =
        held ? fs.list_dir(next.dir) : Result<std::vector<DirEntry>>(Fail(held.error()));
    if (!entries) {
      // Gone since its parent was listed, or never there.
      if (entries.error().code != Errc::not_found) {
        failed(std::move(entries.error()));
      }
      continue;
    }
    for (const DirEntry& entry : *entries) {
      if (entry.type != FileType::directory) {
        visit(next.dir, entry);
        continue;
      }
      if (directory) {
        directory(next.dir, entry);
      }
      if (next.depth < max_depth) {
        pending.push_back({join_path(next.dir, entry.name), next.depth + 1});
      } else {
        failed(Error{Errc::unsupported,
                     0,
                     "walk",
                     join_path(next.dir, entry.name),
                     {"deeper than a rollout can be; its contents are left alone"}});
      }
    }
  }
}

} // namespace coldpress
