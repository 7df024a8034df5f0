#include "worker/stage/verify.hpp"

#include "worker/stage/checks.hpp"

namespace coldpress {

class VerifiedMaker {
public:
  static Verified make(Encoded encoded, const Content& frame, bool from_disk) {
    return Verified(std::move(encoded), frame, from_disk);
  }
};

namespace {

// True if the kernel has let go of every page, so that reading goes to the disk.
Result<bool> sync_and_drop(Fs& fs, FileHandle file) {
  TRY(fs.sync_file(file));
  if (!fs.drop_cache(file, 0, 0)) {
    return false;
  }
  const auto cached = fs.cached_bytes(file);
  return cached && *cached == 0;
}

// A weak frame's gain is not in its length: encode() has seen that it does not grow.
Result<bool> frees_a_block(Fs& fs, const Encoded& encoded) {
  if (encoded.claim().candidate().form == Form::compressed) {
    return true;
  }
  TRY_ASSIGN(const FileStat source, fs.stat(encoded.claim().file()));
  TRY_ASSIGN(const FileStat frame, fs.stat(encoded.temp().handle()));
  return frame.allocated + k_block_bytes <= source.allocated;
}

} // namespace

Step<Verified> verify(Fs& fs, Encoded encoded, std::stop_token stop) {
  const FileHandle temp = encoded.temp().handle();
  const std::string path = encoded.temp().target();
  TRY_ASSIGN(const bool from_disk, naming(path, sync_and_drop(fs, temp)));
  TRY_ASSIGN(const bool gain, naming(path, frees_a_block(fs, encoded)));
  if (!gain) {
    return Stop::skip(Reason::no_gain);
  }
  TRY_ASSIGN(const Content frame,
             ContentReader::read_back(fs, temp, path, encoded.frame(), stop));
  (void)fs.drop_cache(temp, 0, 0); // nobody has asked for it yet
  TRY(keep_metadata(fs, encoded.claim(), temp, path));
  TRY(naming(path, fs.sync_file(temp)));
  return VerifiedMaker::make(std::move(encoded), frame, from_disk);
}

} // namespace coldpress
