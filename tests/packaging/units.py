"""The units and the agent, as they are packaged and as coldpress writes them.

usage: units.py PART ROOT PROGRAM [CORPUS]

  security  the system units score 1.5 or less by systemd-analyze
  verify    systemd-analyze finds nothing wrong, whatever the program's path
  calls     each system call of a run is one that the units allow
  plist     a parser of property lists reads the agent, whatever the program's path

Exit code 77: the tool for it is missing here.
"""

import glob
import os
import plistlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
MOST_EXPOSURE = 1.5
# Folders that need escaping; systemd takes no program below the second.
ODD = "R&D <100%> $HOME"
ODDER = "R&D <it's 100%> \"$HOME\""


def need(tool):
    if shutil.which(tool) is None:
        print(f"skipped: no {tool} here")
        sys.exit(SKIPPED)


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def units(root, pattern="*/*"):
    found = sorted(glob.glob(os.path.join(root, "packaging/systemd", pattern)))
    assert found, "no units"
    return found


def as_instance(path, folder, name="alice"):
    """A template is looked at as one of its instances."""
    target = os.path.join(folder, os.path.basename(path).replace("@.", f"@{name}."))
    shutil.copyfile(path, target)
    return target


def security(root, _program):
    need("systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        for path in units(root, "system/*.service"):
            unit = as_instance(path, folder)
            done = run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit])
            level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
            assert level, done.stdout + done.stderr
            print(f"{os.path.basename(path)}: {level.group(1)}")
            assert float(level.group(1)) <= MOST_EXPOSURE, done.stdout


def install_dry(program, home, kind, *more):
    """The files that install would write: path -> text."""
    environment = {"HOME": home, "USER": "alice", "PATH": os.environ["PATH"]}
    done = run(
        [program, "schedule", "install", "--dry-run", "--json", "--kind", kind,
         "--enable", "local_thread_store_compression", *more],
        env=environment)
    assert done.returncode == 0, done.stderr
    import json
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    return {step["what"]: step["text"] for step in steps if step["step"] == "write"}


def in_odd_place(program, folder, odd=ODD):
    """A copy of the program whose path needs escaping everywhere."""
    os.makedirs(os.path.join(folder, odd))
    copy = os.path.join(folder, odd, "coldpress")
    shutil.copy(program, copy)
    return copy


def verify_files(paths, manager):
    done = run(["systemd-analyze", f"--{manager}", "--man=no", "verify", *paths],
               env={**os.environ, "XDG_RUNTIME_DIR": "/tmp", "SYSTEMD_LOG_LEVEL": "warning"})
    # The rest is about what the machine has, not about the unit.
    said = [line for line in done.stderr.splitlines()
            if any(os.path.basename(path) in line for path in paths)]
    assert not said, "\n".join(said)


def program_in_place(folder, program, path):
    """The unit with the program of this build, which is there to be found."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("/usr/bin/coldpress", program))
    return path


def verify(root, program):
    need("systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        for manager in ["user", "system"]:
            paths = []
            for path in units(root, f"{manager}/*"):
                paths.append(program_in_place(folder, program, as_instance(path, folder, "root")))
            verify_files(paths, manager)
            print(f"{len(paths)} units of the {manager}: nothing wrong")
    with tempfile.TemporaryDirectory() as folder:
        odd = in_odd_place(program, folder)
        files = install_dry(odd, folder, "systemd", "--store", os.path.join(folder, ODDER))
        paths = []
        for path, text in files.items():
            if "/systemd/user/" in path:
                paths.append(os.path.join(folder, os.path.basename(path)))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    file.write(text)
        assert len(paths) == 2, files
        verify_files(paths, "user")
        # What a wrong escape would look like: the check must see it.
        with open(paths[0], "a", encoding="utf-8") as file:
            file.write("ExecStart=/no/such/program\nNoSuchKey=1\n")
        try:
            verify_files(paths, "user")
        except AssertionError:
            print("units as installed: nothing wrong")
            return
        raise AssertionError("verify finds nothing wrong with anything")


def filter_of(path):
    """The calls that a unit allows."""
    allowed = set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("SystemCallFilter="):
                continue
            words = line.split("=", 1)[1].split()
            removes = words[0].startswith("~")
            words[0] = words[0].lstrip("~")
            for word in words:
                calls = calls_of(word)
                allowed = allowed - calls if removes else allowed | calls
    return allowed


def calls_of(word):
    if not word.startswith("@"):
        return {word}
    done = run(["systemd-analyze", "syscall-filter", "--no-pager", word])
    assert done.returncode == 0, done.stderr
    calls = set()
    for line in done.stdout.splitlines()[1:]:
        name = line.strip()
        if name and not name.startswith("#"):
            calls |= calls_of(name)
    return calls


def traced(command, folder):
    """The system calls of a program and its threads."""
    trace = os.path.join(folder, "trace")
    done = run(["strace", "-f", "-qq", "-e", "signal=none", "-o", trace, *command])
    assert done.returncode == 0, done.stderr
    with open(trace, encoding="utf-8", errors="replace") as file:
        return set(re.findall(r"^\d+ +([a-z_0-9]+)\(", file.read(), re.MULTILINE))


def calls(root, program, corpus):
    need("systemd-analyze")
    need("strace")
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        assert run([corpus, "store", store, "--scale", "0.05"]).returncode == 0
        used = traced([program, "run", "--quiet", "--store", store, "--settle", "0s",
                       "--reap-grace", "0s", "--roots", "archived,active",
                       "--enable", "local_thread_store_compression"], folder)
        assert "sched_setscheduler" in used, sorted(used)
        for path in units(root, "*/*.service"):
            outside = used - filter_of(path)
            assert not outside, f"{path} does not allow {sorted(outside)}"
            print(f"{os.path.basename(path)}: allows all {len(used)} calls of a run")


def check_agent(agent, program):
    assert agent["ProgramArguments"][:3] == [program, "run", "--quiet"], agent
    assert agent["Label"] == "coldpress.run"
    assert agent["RunAtLoad"] is False
    for time in agent["StartCalendarInterval"]:
        assert 0 <= time["Minute"] < 60, time
    # The program makes its own threads idle; these would starve its publisher.
    for key in ["LowPriorityIO", "LowPriorityBackgroundIO", "Nice", "ProcessType"]:
        assert key not in agent, key


def plist(root, program):
    with open(os.path.join(root, "packaging/launchd/coldpress.run.plist"), "rb") as file:
        check_agent(plistlib.load(file), "/usr/local/bin/coldpress")
    with tempfile.TemporaryDirectory() as folder:
        odd = in_odd_place(program, folder, ODDER)
        for every, times in [("15m", 4), ("6h", 4), ("1d", 1), ("1w", 1)]:
            files = install_dry(odd, folder, "launchd", "--every", every)
            texts = [text for path, text in files.items() if path.endswith(".plist")]
            assert len(texts) == 1, files
            agent = plistlib.loads(texts[0].encode())
            check_agent(agent, odd)
            assert len(agent["StartCalendarInterval"]) == times, agent
    print("the agent is read, as packaged and as installed")


PARTS = {"security": security, "verify": verify, "calls": calls, "plist": plist}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
