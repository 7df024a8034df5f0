# awk -v version=0.1.0 -v intro=toml_intro.man -v tail=toml_tail.man \
#     -f toml_page.awk coldpress.example.toml > coldpress.toml.5
# The manual page of the configuration, from the example file, which a test holds against
# the program's own keys and defaults. A comment and the settings below it are one entry;
# what stands before the first blank line is the example's own head and left out.

function escaped(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  gsub(/"/, "\\(dq", text)
  gsub(/'/, "\\(aq", text)
  gsub(/`/, "\\(dq", text)
  return text
}

# A line that begins with a dot or a quote would be a command.
function prose(text) {
  text = escaped(text)
  return text ~ /^[.]/ ? "\\&" text : text
}

# The comment that was gathered, under the settings it speaks of.
function end_entry() {
  if (comment != "" && settings == 0)
    print ".PP"
  printf "%s", comment
  comment = ""
  settings = 0
}

BEGIN {
  print ".\\\" Made from coldpress.example.toml by toml_page.awk."
  print ".TH COLDPRESS.TOML 5 \"\" \"coldpress " version "\" \"File Formats\""
  while ((getline line < intro) > 0)
    print line
  print ".SH SETTINGS"
  print "With the defaults."
}

!begun { if ($0 == "") begun = 1; next }

/^\[/ {
  end_entry()
  section = substr($0, 2, index($0, "]") - 2)
  print ".SS [" escaped(section) "]"
  next
}

/^# / { comment = comment prose(substr($0, 3)) "\n"; next }

/^#/ {
  at = index($0, " = ")
  key = substr($0, 2, at - 2)
  print settings++ ? ".TQ" : ".TP"
  print "\\fB" escaped(key) "\\fR = " escaped(substr($0, at + 3))
  next
}

/^$/ { end_entry() }

END {
  end_entry()
  while ((getline line < tail) > 0)
    print line
}
