#!/usr/bin/env python3
"""What coldpress shows on a terminal, in a file, and to the journal.

output.py COLDPRESS CORPUS
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

PROGRAM, CORPUS = sys.argv[1:3]
ENABLE = ["--enable", "local_thread_store_compression"]


def environment(more):
    return {"HOME": "/nonexistent", "PATH": os.environ["PATH"], "TERM": "xterm", **more}


def on_terminal(words, columns=80, more=None):
    """All that a terminal of so many columns gets, of both streams."""
    pid, fd = pty.fork()
    if pid == 0:
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(2, termios.TIOCSWINSZ, size)
        os.execve(PROGRAM, [PROGRAM, *words], environment(more or {}))
    seen = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:  # the other end is closed
            piece = b""
        if not piece:
            break
        seen += piece
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), seen.decode()


def to_pipe(words, journal=False):
    """Exit code and standard error; `journal`: as systemd would start it."""
    read, write = os.pipe()
    stat = os.fstat(write)
    more = {"JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino + (0 if journal else 1)}"}
    with subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, stderr=write,
                          env=environment(more)) as process:
        os.close(write)
        with os.fdopen(read) as file:
            seen = file.read()
        process.stdout.read()
    return process.returncode, seen


class Output(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.store = os.path.join(self.folder.name, "store")
        subprocess.run([CORPUS, "home", "text", self.store, "--files", "6",
                        "--bytes", "400000"], check=True, stdout=subprocess.DEVNULL)
        self.run_words = ["run", "--store", self.store, "--settle", "0s",
                          "--roots", "archived,active", "--reap-grace", "0s", *ENABLE]

    def tearDown(self):
        self.folder.cleanup()

    def test_a_terminal_gets_a_bar_that_fits_and_goes_away(self):
        for columns in (80, 40, 12):
            with self.subTest(columns=columns):
                code, seen = on_terminal(self.run_words, columns)
                self.assertEqual(code, 0, seen)
                drawn = re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", seen)
                if columns == 80:
                    self.assertTrue(any("/6 files" in line for line in drawn), seen)
                self.assertTrue(all(len(line) < columns for line in drawn), drawn)
                # Before the table comes an empty line's worth of erasing.
                self.assertIn("\r\x1b[K", seen)
                subprocess.run([PROGRAM, "restore", "--all", "--store", self.store, "-q",
                                "--cold-after", "0s"], check=True, env=environment({}))

    def test_a_dumb_terminal_gets_no_sequences(self):
        code, seen = on_terminal(self.run_words, 80, {"TERM": "dumb"})
        self.assertEqual(code, 0, seen)
        self.assertNotIn("\x1b", seen)

    def test_quiet_shows_nothing_when_all_is_well(self):
        code, seen = on_terminal([*self.run_words, "--quiet"])
        self.assertEqual((code, seen), (0, ""))

    def test_colours_are_for_terminals_that_want_them(self):
        words = ["plan", "--store", self.store, "--config", "/nonexistent/x.toml"]
        _, seen = on_terminal(words, 80, {"NO_COLOR": "1"})
        self.assertNotIn("\x1b", seen)

    def test_a_file_gets_plain_lines(self):
        code, seen = to_pipe(["status", "--store", self.store + "/nowhere"])
        self.assertEqual(code, 1)
        self.assertTrue(seen.startswith("coldpress: "), seen)

    def test_the_journal_gets_priorities(self):
        code, seen = to_pipe(["status", "--store", self.store + "/nowhere"], journal=True)
        self.assertEqual(code, 1)
        self.assertTrue(seen.startswith("<3>"), seen)
        self.assertNotIn("coldpress: ", seen)
        os.makedirs(self.folder.name + "/empty")
        code, seen = to_pipe(["run", *ENABLE, "--store", self.folder.name + "/empty"],
                             journal=True)
        self.assertEqual(code, 1)  # nothing of Codex there: perhaps not mounted
        self.assertTrue(seen.startswith("<3>"), seen)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
