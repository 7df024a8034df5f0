#pragma once

#include "fsutil/result.hpp"

#include <string>
#include <string_view>

namespace coldpress {

// What a person searches for, as FTS5 takes it: words (all of them), "a phrase", a
// prefix*, AND, OR, NOT and parentheses. NOT takes away from what stands before it.
// Punctuation inside a word is a phrase of its parts, as the tokenizer has it.
//
// Errc::invalid: what is wrong, and at which character, counted from 1.
Result<std::string> fts_query(std::string_view text);

} // namespace coldpress
