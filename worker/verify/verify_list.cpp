#include "worker/rollout/name.hpp"
#include "worker/stage/place.hpp"
#include "worker/verify/verify_run.hpp"

namespace coldpress {

std::vector<FrameFile> all_frames(Fs& fs, const Store& store, VerifySummary& summary) {
  std::vector<FrameFile> files;
  for (const Root root : {Root::archived, Root::active}) {
    walk_rollouts(
        fs,
        join_path(store.home, tree_name(root)),
        {[&](const std::string& dir, const DirEntry& entry, NameKind kind) {
           std::string path = join_path(dir, entry.name);
           const auto found = kind == NameKind::compressed ? fs.lstat(path)
                                                           : Result<FileStat>(FileStat{});
           if (found && found->type == FileType::regular) {
             std::string rollout = path_in_store(store.home, plain_name(path));
             files.push_back(
                 {std::move(rollout), std::move(path), found->size, found->mtime});
           }
         },
         [&](OddEntry odd) { summary.odd.push_back(std::move(odd)); },
         [&](Error error) { summary.scan_errors.push_back(std::move(error)); }});
  }
  return files;
}

std::vector<FrameFile>
named_frames(Fs& fs, const Store& store, const std::vector<std::string>& plain_paths) {
  std::vector<FrameFile> files;
  for (const std::string& plain : plain_paths) {
    FrameFile file;
    file.rollout = path_in_store(store.home, plain);
    file.path = compressed_name(plain);
    if (const auto stat = fs.lstat(file.path)) {
      file.bytes = stat->size;
      file.mtime = stat->mtime;
    }
    files.push_back(std::move(file)); // if it is not there, that is said in its turn
  }
  return files;
}

} // namespace coldpress
