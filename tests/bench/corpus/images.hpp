#pragma once

#include "tests/bench/corpus/conversation.hpp"

#include <cstdint>

namespace coldpress::corpus {

// Sessions whose bytes are pictures: after each compaction the whole replacement history,
// pictures included, is written out again. Both write to about `bytes` in all and follow
// a session_meta that is already there.

// The pictures of one history fit 2 MiB at first and 11 MiB later, one is in every
// history (later twice), and many are shown once only. That is what makes a 2 MiB window
// gain nearly nothing and a 32 MiB one a factor of twenty, from some 500 MB on.
void write_images(Lines& lines, Conversation& talk, Rng rng, std::uint64_t bytes);

// Up to 43 pictures, 51 MiB, in each history: only a window of 64 MiB reaches back.
void write_long_images(Lines& lines, Conversation& talk, Rng rng, std::uint64_t bytes);

} // namespace coldpress::corpus
