#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coldpress {

// The numbers of syslog(3).
enum class Severity : std::uint8_t {
  error = 3,
  warning = 4,
  notice = 5,
  info = 6,
  debug = 7
};

// What reads our standard error. Found out at the first call.
struct StderrLooks {
  bool terminal = false; // a line can be drawn over itself: a terminal that is not dumb
  bool colour = false;   // and NO_COLOR does not say otherwise
  bool journal = false;  // the journal of systemd, by JOURNAL_STREAM: systemd.exec(5)
};
const StderrLooks& stderr_looks();

// Columns of the terminal, queried each time; else $COLUMNS, else 80.
std::size_t stderr_width();

// Every line on standard error goes through here, from any thread, each message in one
// write. Before the journal's eyes each line begins with its priority, <3> to <7>, and
// loses the name of the program, which the journal knows: sd-daemon(3). What cannot be
// written is lost.
void diagnose(Severity severity, std::string_view text);

// Hides notices and drawn lines. Lines of the log go by its level instead.
void set_quiet(bool quiet);

// Draws one line over the last one that was drawn; whatever is said next takes it away
// first. Nothing where no line can be drawn over itself.
void draw_over(std::string_view line);
void clear_drawn();

// The same for `looks`, as text: the lines of diagnose().
std::string
diagnostic_text(const StderrLooks& looks, Severity severity, std::string_view text);

} // namespace coldpress
