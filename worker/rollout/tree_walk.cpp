#include "worker/rollout/tree_walk.hpp"

#include "fsutil/walk.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// sessions/YYYY/MM/DD and some room for what people make of it.
constexpr int k_max_depth = 8;

bool is_number(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

bool names_form(NameKind kind) {
  return kind == NameKind::plain || kind == NameKind::compressed ||
         kind == NameKind::retired;
}

// A link whose target is gone may have led to a disk that is not mounted now.
bool may_lead_to_rollouts(Fs& fs, const std::string& link) {
  const auto target = fs.real_path(link);
  const auto stat =
      target ? fs.lstat(*target) : Result<FileStat>(Fail(Error(target.error())));
  return stat ? stat->type == FileType::directory : is_number(base_name(link));
}

Oddity oddity_of(FileType type) {
  switch (type) {
  case FileType::symlink:
    return Oddity::symlink;
  case FileType::directory:
    return Oddity::directory;
  default:
    return Oddity::special;
  }
}

class Walk {
public:
  Walk(Fs& fs, const TreeVisitor& visitor) : fs_(fs), visitor_(visitor) {}

  void see(const std::string& dir, const DirEntry& entry) {
    const NameKind kind = classify(entry.name);
    if (kind == NameKind::unknown_temp) {
      odd(dir, entry, Oddity::unknown_temp, kind);
      return;
    }
    if (kind == NameKind::malformed) {
      odd(dir, entry, Oddity::bad_name, kind);
      if (is_compressed_name(entry.name)) {
        return;
      }
    } else if (entry.type == FileType::symlink && !names_form(kind) &&
               may_lead_to_rollouts(fs_, join_path(dir, entry.name))) {
      odd(dir, entry, Oddity::symlinked_dir, kind);
      return;
    } else if (entry.type != FileType::regular && names_form(kind)) {
      odd(dir, entry, oddity_of(entry.type), kind);
      if (kind != NameKind::plain) {
        return;
      }
    }
    if (kind != NameKind::other && entry.type != FileType::directory) {
      visitor_.file(dir, entry, kind);
    }
  }

  void see_directory(const std::string& dir, const DirEntry& entry) {
    const NameKind kind = classify(entry.name);
    if (names_form(kind)) {
      odd(dir, entry, Oddity::directory, kind);
    }
  }

private:
  void odd(const std::string& dir, const DirEntry& entry, Oddity oddity, NameKind kind) {
    visitor_.odd({join_path(dir, entry.name), oddity, kind});
  }

  Fs& fs_;
  const TreeVisitor& visitor_;
};

Error refused(const std::string& tree, std::string why) {
  return {Errc::unsupported, 0, "look into", tree, {std::move(why)}};
}

} // namespace

std::string_view reason_name(Oddity oddity) {
  switch (oddity) {
  case Oddity::symlinked_dir:
  case Oddity::symlink:
    return "symlink";
  case Oddity::directory:
  case Oddity::special:
    return "not_regular";
  case Oddity::unknown_temp:
    return "unknown_temp";
  case Oddity::bad_name:
    break;
  }
  return "bad_name";
}

std::string_view explain(Oddity oddity) {
  switch (oddity) {
  case Oddity::symlinked_dir:
    return "a symlink in place of a directory; it is not followed, so rollouts in it are "
           "not found: mount or move the directory itself here";
  case Oddity::symlink:
    return "a symlink; what it points to is left alone: put the file itself here";
  case Oddity::directory:
    return "a directory that is named like a rollout; move it away";
  case Oddity::special:
    return "not a regular file, but named like a rollout; move it away";
  case Oddity::unknown_temp:
    return "named like a temp file of a rollout, and perhaps the only copy; look at it: "
           "rename it to the rollout if that is gone, else move it out of the trees";
  case Oddity::bad_name:
    break;
  }
  return "Codex does not read a rollout of this name; rename it, or move it out of the "
         "trees";
}

bool may_hide_rollouts(const OddEntry& odd) {
  return odd.oddity == Oddity::symlinked_dir ||
         (odd.oddity == Oddity::symlink && odd.kind == NameKind::compressed);
}

void walk_rollouts(Fs& fs, const std::string& tree, const TreeVisitor& visitor) {
  auto stat = fs.lstat(tree);
  if (!stat) {
    if (stat.error().code != Errc::not_found) {
      visitor.failed(std::move(stat.error()));
    }
    return;
  }
  if (stat->type == FileType::symlink) {
    visitor.failed(refused(
        tree, "a symlink: another store may share what it points to; left alone"));
    return;
  }
  if (stat->type != FileType::directory) {
    visitor.failed(refused(tree, "not a directory; left alone"));
    return;
  }
  Walk walker(fs, visitor);
  walk(
      fs,
      tree,
      k_max_depth,
      [&walker](const std::string& dir, const DirEntry& entry) {
        walker.see(dir, entry);
      },
      visitor.failed,
      [&walker](const std::string& dir, const DirEntry& entry) {
        walker.see_directory(dir, entry);
      },
      visitor.known);
}

} // namespace coldpress
