#include "fsutil/metadata.hpp"

#include "fsutil/text.hpp"

#include <algorithm>
#include <map>

namespace coldpress {

namespace {

using Attributes = std::map<std::string, std::string>;

Fail not_kept(const Error& cause, std::string what) {
  Error error{Errc::unsupported, cause.sys, cause.op, cause.path, cause.context};
  return Fail(std::move(error).in(std::move(what)));
}

// The page cache, a full disk or a dying one are not the metadata's fault.
bool is_refusal(const Error& error) {
  return error.code == Errc::denied || error.code == Errc::unsupported ||
         error.code == Errc::invalid;
}

Result<Attributes> attributes_of(Fs& fs, FileHandle file) {
  TRY_ASSIGN(const std::vector<std::string> names, fs.list_xattrs(file));
  Attributes attributes;
  for (const std::string& name : names) {
    auto value = fs.get_xattr(file, name);
    if (!value) {
      return is_refusal(value.error())
                 ? not_kept(value.error(), fmt::format("cannot read attribute {}", name))
                 : Fail(std::move(value.error()));
    }
    attributes.emplace(name, std::move(*value));
  }
  return attributes;
}

Result<void> copy_owner(Fs& fs, const FileStamp& stamp, FileHandle to) {
  TRY_ASSIGN(const FileStat now, fs.stat(to));
  if (now.uid == stamp.uid && now.gid == stamp.gid) {
    return {};
  }
  if (auto set = fs.set_owner(to, stamp.uid, stamp.gid); !set) {
    return is_refusal(set.error())
               ? not_kept(
                     set.error(),
                     fmt::format("cannot give the file to {}:{}", stamp.uid, stamp.gid))
               : Fail(std::move(set.error()));
  }
  return {};
}

Result<void> copy_attributes(Fs& fs, const Attributes& wanted, FileHandle to) {
  TRY_ASSIGN(const Attributes present, attributes_of(fs, to));
  for (const auto& [name, value] : present) {
    // A default ACL or a security module may have put it there.
    if (!wanted.contains(name)) {
      if (auto removed = fs.remove_xattr(to, name); !removed) {
        return not_kept(removed.error(), fmt::format("cannot remove attribute {}", name));
      }
    }
  }
  for (const auto& [name, value] : wanted) {
    const auto same = present.find(name);
    if (same != present.end() && same->second == value) {
      continue;
    }
    if (auto set = fs.set_xattr(to, name, value); !set) {
      return is_refusal(set.error())
                 ? not_kept(set.error(), fmt::format("cannot set attribute {}", name))
                 : Fail(std::move(set.error()));
    }
  }
  return {};
}

} // namespace

Result<void>
copy_metadata(Fs& fs, FileHandle from, const FileStamp& stamp, FileHandle to) {
  TRY_ASSIGN(const Attributes wanted, attributes_of(fs, from));
  // Owner first: chown clears set-id bits. Mode before ACL: an ACL narrows the mode's
  // group bits, and both are compared below. Times last: everything else moves them.
  TRY(copy_owner(fs, stamp, to));
  TRY(fs.set_mode(to, stamp.mode));
  TRY(copy_attributes(fs, wanted, to));
  TRY(fs.set_mtime(to, stamp.mtime));

  TRY_ASSIGN(const FileStat now, fs.stat(to));
  TRY_ASSIGN(const Attributes kept, attributes_of(fs, to));
  const Error unlike{Errc::unsupported, 0, "copy metadata", {}, {}};
  if (now.uid != stamp.uid || now.gid != stamp.gid || now.mode != stamp.mode) {
    return not_kept(unlike, "owner or mode read back differently");
  }
  if (now.mtime != stamp.mtime) {
    return not_kept(unlike,
                    "this file system keeps another mtime than the one that was set");
  }
  if (kept != wanted) {
    return not_kept(unlike, "extended attributes read back differently");
  }
  return {};
}

} // namespace coldpress
