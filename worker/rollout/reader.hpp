#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/fs.hpp"
#include "worker/rollout/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace coldpress {

enum class Form : std::uint8_t { plain, compressed };

std::string_view name_of(Form form);

enum class PageCache : std::uint8_t {
  keep,
  drop_behind, // ask the kernel to forget what was read, every 8 MiB and at the end
};

struct ReadOptions {
  PageCache cache = PageCache::keep;
  Frames frames = Frames::any;
};

// The logical bytes of one rollout, in order, whichever form it has. What it opened it
// keeps, so a rename or an unlink meanwhile changes nothing. One thread at a time.
//
// It reads what is there: an append to a plain file while it reads may or may not be
// seen. `stat()` is from the opening; who needs a still file compares it afterwards.
class RolloutReader {
public:
  // `path` names the rollout by either form. The plain file wins, then the .zst; if
  // neither is there, three more tries 50 ms apart: the form may be changing.
  // Errc::not_found after that.
  static Result<RolloutReader> open(Fs& fs,
                                    const Clock& clock,
                                    const std::string& path,
                                    const ReadOptions& options = {});

  // Exactly that file, compressed if it ends in .zst. One try.
  // Errc::invalid if it is not a regular file.
  static Result<RolloutReader>
  open_exact(Fs& fs, const std::string& path, const ReadOptions& options = {});

  // A file that is open already and stays the caller's. `path` is for messages.
  static Result<RolloutReader> over(Fs& fs,
                                    FileHandle file,
                                    const std::string& path,
                                    Form form,
                                    const ReadOptions& options = {});

  RolloutReader(RolloutReader&&) noexcept;
  RolloutReader& operator=(RolloutReader&&) noexcept;
  ~RolloutReader();

  // Bytes read; less than asked only at the end, 0 after it. Errors as FrameDecoder's,
  // with the path; Errc::corrupt may come after good bytes, at the end at the latest.
  Result<std::size_t> read(std::span<std::byte> into);

  // What skippable frames of a .zst have held so far, beside the rollout.
  std::uint64_t skipped_bytes() const;
  // Passes over the next `count` bytes, or to the end; the bytes passed over. Of a plain
  // file they are not read; of a compressed one they are decoded.
  Result<std::uint64_t> skip(std::uint64_t count);

  Form form() const;
  // The open file, which stays the reader's: to read a plain one in another order, or a
  // compressed one once more.
  FileHandle file() const;
  const std::string& path() const; // of the file that is read
  const FileStat& stat() const;    // of that file, when it was opened

private:
  struct State;
  explicit RolloutReader(std::unique_ptr<State> state);
  static Result<RolloutReader> make(Fs& fs, std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// All that is left in `reader`, in pieces of at most 256 KiB.
Result<void> copy_rollout(RolloutReader& reader, const Sink& sink);

} // namespace coldpress
