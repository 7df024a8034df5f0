#pragma once

#include "fsutil/file_stamp.hpp"

namespace coldpress {

// Gives `to` the owner, mode, extended attributes (POSIX ACLs among them) and mtime of
// `from`, whose stamp is `stamp`, and reads them back.
//
// Errc::unsupported, with the reason in the context, if something cannot be kept: no
// right to give the file away, an attribute the file system refuses. `to` is then in an
// unknown state. Not kept: birth time, and inode flags (chattr).
Result<void>
copy_metadata(Fs& fs, FileHandle from, const FileStamp& stamp, FileHandle to);

} // namespace coldpress
