"""What a part of the suite works with: the programs, the model, folders of its own."""

import contextlib
import pathlib
import shutil

import codex_home
import codex_package


class Bench:
    """Handed to each part. `full` asks for the large size."""

    def __init__(self, coldpress, cache, folder, full, mock):
        self.coldpress = coldpress
        self.cache = pathlib.Path(cache).resolve()
        self.folder = folder
        self.full = full
        self.mock = mock

    def home(self, name, version=None):
        """A new, empty home for one release. Raises codex_package.Unavailable."""
        program = codex_package.ensure(self.cache, version)
        return codex_home.CodexHome(self.folder / name, program, self.mock)


class Kept:
    """A home put aside, of which fresh copies stand in its place.

    Under the same path, because databases and answers hold absolute ones; copies,
    because whoever asks Codex of a home changes it.
    """

    def __init__(self, home, name):
        self.home = home
        self.aside = home.root / f"home.{name}"
        home.home.rename(self.aside)

    @contextlib.contextmanager
    def copy(self, databases=True):
        """A copy stands while used in a `with`; without its SQLite files, if so wanted."""
        left_out = None if databases else shutil.ignore_patterns("*.sqlite*")
        shutil.copytree(self.aside, self.home.home, symlinks=True, ignore=left_out)
        try:
            yield self.home
        finally:
            shutil.rmtree(self.home.home)

    def put_back(self):
        self.aside.rename(self.home.home)
