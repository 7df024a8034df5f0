#pragma once

#include <string>
#include <string_view>

namespace coldpress::history {

// A word of codex_error_info with thread/read's name of it: usage_limit_exceeded becomes
// usageLimitExceeded. "other" for a word that Codex does not know.
std::string error_kind(std::string_view word);

// Whether an `error` line of that kind fails the turn: all but a rollback that failed and
// a turn that could not be steered. An unknown kind does.
bool fails_turn(std::string_view word);

} // namespace coldpress::history
