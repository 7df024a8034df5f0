#pragma once

#include "worker/rollout/reader.hpp"

#include <functional>

namespace coldpress {

// A file that is open, and how its bytes are to be read.
struct OpenForm {
  FileHandle file;
  std::string path; // for messages
  Form form = Form::plain;
};

// True if all that `part` holds is how `whole` begins: its bytes, or of a compressed one
// what its first frame decodes to. That frame may end anywhere, as a killed writer leaves
// it; damage before its end makes it false. `whole` is read to its end, which proves that
// it can be: its errors are the answer, as is one of reading `part`'s file, or of
// `go_on`, which is asked before each piece.
Result<bool> is_beginning_of(Fs& fs,
                             const OpenForm& part,
                             RolloutReader& whole,
                             const std::function<Result<void>()>& go_on);

} // namespace coldpress
