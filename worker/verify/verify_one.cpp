#include "fsutil/text.hpp"
#include "worker/rollout/name.hpp"
#include "worker/verify/damage_advice.hpp"
#include "worker/verify/verify_run.hpp"

namespace coldpress {

namespace {

constexpr int k_tries = 3; // who replaces it oftener is at work on it

bool is_damage(Errc code) {
  // A whole frame that no reader of rollouts takes is no better than a broken one.
  return code == Errc::corrupt || code == Errc::unsupported;
}

// Whether `path` is still the file that was read, if there was one to read.
enum class Still : std::uint8_t { same, replaced, gone };

Still look_again(Fs& fs, const std::string& path, const FileStamp& stamp) {
  const auto now = fs.lstat(path);
  if (!now) {
    return now.error().code == Errc::not_found ? Still::gone : Still::same;
  }
  return stamp.same_inode(*now) && stamp.size == now->size && stamp.mtime == now->mtime
             ? Still::same
             : Still::replaced;
}

void set_gone(VerifiedRollout& seen, Fs& fs, const std::string& path) {
  seen.result = VerifyResult::gone;
  seen.detail = fs.lstat(plain_name(path)) ? "is plain: there is no .zst to verify"
                                           : "does not exist any more: moved or deleted";
}

void set_error(VerifiedRollout& seen,
               Error error,
               Fs& fs,
               const Store& store,
               const FrameFile& file) {
  seen.detail = describe(error);
  if (is_damage(error.code)) {
    seen.result = VerifyResult::damaged;
    // The rest of it is the path, which is said already, and advice for who compresses.
    seen.detail = error.context.empty() ? seen.detail : error.context.front();
    seen.hint = damage_advice(fs, store, file.path);
  } else {
    seen.result = VerifyResult::unreadable;
    seen.hint = error.code == Errc::denied
                    ? "run coldpress as its owner"
                    : "check the kernel's messages about the disk (dmesg), and try again";
  }
  seen.error = std::move(error);
}

} // namespace

std::optional<VerifiedRollout> verify_one(Fs& fs,
                                          const Store& store,
                                          const FrameFile& file,
                                          const std::optional<Verification>& known,
                                          FrameReadRules rules) {
  VerifiedRollout seen;
  seen.rollout = file.rollout;
  seen.bytes = file.bytes;
  seen.mtime = file.mtime;
  rules.prefix_bytes = known ? known->plain_bytes : 0;
  for (int tries_left = k_tries - 1;; --tries_left) {
    const auto before = fs.lstat(file.path);
    if (!before && before.error().code == Errc::not_found) {
      set_gone(seen, fs, file.path);
      return seen;
    }
    const FileStamp stamp = before ? FileStamp::of(*before) : FileStamp{};
    auto read = read_frame(fs, file.path, rules);
    if (!read && read.error().code == Errc::canceled) {
      return std::nullopt;
    }
    const Still still =
        before ? look_again(fs, file.path, read ? read->stamp : stamp) : Still::same;
    if (still != Still::same && tries_left > 0) {
      continue; // a thread was taken up, archived or compressed: not this file's fault
    }
    if (!read && still == Still::same) {
      set_error(seen, std::move(read.error()), fs, store, file);
      return seen;
    }
    if (!read) {
      seen.result = VerifyResult::unreadable;
      seen.detail = "was replaced repeatedly while it was read";
      seen.hint = "try again later";
      return seen;
    }
    const Judgement made = judge(base_name(plain_name(file.path)), *read, known);
    seen.result = made.ok ? VerifyResult::ok : VerifyResult::damaged;
    seen.compared = made.compared;
    seen.detail = made.detail;
    seen.unread = made.unread;
    seen.hint = !made.ok              ? damage_advice(fs, store, file.path)
                : made.unread.empty() ? ""
                                      : std::string(k_unread_hint);
    seen.bytes = read->stamp.size;
    seen.mtime = read->stamp.mtime;
    seen.read = std::move(*read);
    return seen;
  }
}

} // namespace coldpress
