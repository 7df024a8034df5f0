#pragma once

#include "tests/bench/corpus/random.hpp"

#include <cstddef>
#include <string>

// Made-up text with the redundancy of the real thing. All of it may stand inside a JSON
// string as it is: line ends are the two characters \n.
namespace coldpress::corpus {

// Sentences, at least `size` bytes.
void append_prose(std::string& out, Rng& rng, std::size_t size);

// "fetch/parser_queue.cpp"
void append_source_path(std::string& out, Rng& rng);

// A shell command line.
void append_command(std::string& out, Rng& rng);

// What a command prints (build, search, listing, test run or source text), at least
// `size` bytes.
void append_output(std::string& out, Rng& rng, std::size_t size);

} // namespace coldpress::corpus
