#pragma once

#include <string>
#include <string_view>

namespace coldpress::history {

// What Codex shows of a thread whose first user message is `message`: what stands behind
// "## My request for Codex:", if it is there, without white space around it. "[Image]" if
// there is only an image; empty if there is nothing to show.
std::string preview_of(std::string_view message, bool images);

} // namespace coldpress::history
