#!/usr/bin/env python3
"""The library as another program gets it: installed into a folder of its own, found by
CMake and by pkg-config, compiled against and run in C, C++ and Python.

installed.py BUILD LIBRARY COLDPRESS CC CXX TASK: installs it from a build folder.
installed.py PREFIX LIBRARY COLDPRESS CC CXX TASK: it is installed there, as by a package.
LIBRARY/examples has the examples, TASK is session_task.cpp.
"""
import os
import re
import subprocess
import sys
import tempfile

BUILD, LIBRARY, PROGRAM, CC, CXX, TASK_TEST = sys.argv[1:]
THREAD = "0199aaaa-bbbb-7ccc-8ddd-000000000001"
NEW = "0199aaaa-bbbb-7ccc-8ddd-000000000002"
TASK = "0199aaaa-bbbb-7ccc-8ddd-000000000004"
OTHER = "0199aaaa-bbbb-7ccc-8ddd-000000000003"
META = ('{"timestamp":"2026-01-05T09:00:00.000Z",%s"type":"session_meta","payload":'
        '{"id":"%s","cli_version":"0.171.0","history_mode":"paginated"}}')
faults = []


def run(*command, env=None, code=0):
    try:
        end = subprocess.run(command, text=True, capture_output=True, check=False,
                             env={**os.environ, **(env or {})}, timeout=120)
    except OSError as error:
        faults.append(f"{command}: {error}")
        return "", ""
    if end.returncode != code:
        faults.append(f"{command}: exit {end.returncode}, not {code}\n{end.stdout}{end.stderr}")
    return end.stdout, end.stderr


def check(what, found, expected):
    if found != expected:
        faults.append(f"{what}:\n  found    {found!r}\n  expected {expected!r}")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def headers(prefix, folder):
    """Each header compiles alone, in every language it is for, without warnings."""
    include = os.path.join(prefix, "include")
    found = []
    for root, _, files in os.walk(include):
        for name in files:
            path = os.path.relpath(os.path.join(root, name), include)
            found.append(path)
            text = f"#include <{path}>\n#include <{path}>\nint main(void) {{ return 0; }}\n"
            strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", include]
            source = os.path.join(folder, "alone")
            if path.endswith(".h"):
                write(source + ".c", text)
                run(CC, "-std=c99", *strict, source + ".c")
            write(source + ".cpp", text)
            run(CXX, "-std=c++17", *strict, source + ".cpp")
    check("headers", sorted(found),
          ["coldpress.h", "coldpress/coldpress.hpp", "coldpress/session_task.hpp"])
    return read(os.path.join(include, "coldpress.h"))


def symbols(library, header):
    """Only what the header documents is exported, under a version."""
    out, _ = run("nm", "-D", "--defined-only", library)
    exported = sorted(line.split()[-1] for line in out.splitlines() if " A " not in line)
    documented = sorted(f"{name}@@COLDPRESS_0" for name in
                        set(re.findall(r"\b(coldpress_\w+)\(", header)))
    check("exported symbols", exported, documented)


def programs(prefix, libdir, folder):
    """The examples, built as their comments say; their paths."""
    env = {"PKG_CONFIG_PATH": os.path.join(libdir, "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "coldpress", env=env)[0].split()
    append = os.path.join(folder, "append")
    run(CC, "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", append,
        os.path.join(LIBRARY, "examples", "append.c"), *flags, f"-Wl,-rpath,{libdir}")
    project = os.path.join(folder, "types")
    write(os.path.join(project, "CMakeLists.txt"),
          "cmake_minimum_required(VERSION 3.16)\nproject(types LANGUAGES CXX)\n"
          "find_package(coldpress 0.1 REQUIRED)\n"
          f"add_executable(types {LIBRARY}/examples/types.cpp)\n"
          "target_compile_features(types PRIVATE cxx_std_17)\n"
          "target_link_libraries(types PRIVATE coldpress::coldpress)\n")
    made = os.path.join(project, "build")
    run("cmake", "-S", project, "-B", made, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={CXX}")
    run("cmake", "--build", made)
    task = os.path.join(folder, "session_task")
    run(CXX, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", task,
        TASK_TEST, *flags, f"-Wl,-rpath,{libdir}")
    return append, os.path.join(made, "types"), task


def use(append, types, task, libdir, folder):
    home = os.path.join(folder, "home")
    plain = f"{home}/sessions/2026/01/05/rollout-2026-01-05T09-00-00-{THREAD}.jsonl"
    begin = META % ('"ordinal":0,', THREAD) + "\n"
    write(plain, begin)
    run("zstd", "-q", "--rm", plain)
    message = '{"timestamp":"t","type":"event_msg","payload":{}}'
    env = {"LIBCOLDPRESS": os.path.join(libdir, "libcoldpress.so.0")}
    lines = ("python3", "-B", os.path.join(LIBRARY, "examples", "lines.py"), home, THREAD)
    check("Python, compressed", run(*lines, env=env)[0], "0 " + begin)

    check("C", run(append, home, THREAD, message)[0], f"1 appended to {plain}\n")
    after = begin + message.replace('"t",', '"t","ordinal":1,') + "\n"
    check("the rollout", read(plain), after)
    check("no .zst", os.path.exists(plain + ".zst"), False)
    check("Python", run(*lines, env=env)[0],
          "".join(f"{at} {line}\n" for at, line in
                  zip((0, len(begin)), after.splitlines())))
    check("C++", run(types, home, THREAD)[0],
          "1 event_msg\n1 session_meta\nlast event_msg\n")

    check("C, a bad record", "one JSON object" in run(append, home, THREAD, "{", code=1)[1],
          True)
    check("C++, no thread", "no such rollout" in run(types, home, NEW, code=1)[1], True)
    check("the task of a session", run(task, home, TASK, THREAD)[0], "0 faults\n")
    # A lease of the program and one of the library shut each other out.
    inside = ("lease", THREAD, "--store", home, "--")
    err = run(PROGRAM, *inside, "env", "-u", "COLDPRESS_LEASE", PROGRAM, "lease", THREAD,
              "--store", home, "--", "true", code=75)[1]
    check("busy", "active writer" in err, True)
    check("unchanged", read(plain), after)


def create(libdir, folder):
    """Deferred creation, session state and the ABI check, by ctypes."""
    home = os.path.join(folder, "home")
    script = os.path.join(folder, "create.py")
    write(script, f'''
import ctypes, sys
sys.path.insert(0, {os.path.join(LIBRARY, "examples")!r})
from lines import Error
lib = ctypes.CDLL({os.path.join(libdir, "libcoldpress.so.0")!r})
lib.coldpress_writer_path.restype = ctypes.c_char_p
lib.coldpress_version.restype = ctypes.c_char_p
error, store, lease, writer, value = (Error(), ctypes.c_void_p(), ctypes.c_void_p(),
                                      ctypes.c_void_p(), ctypes.c_char_p())
e = ctypes.byref(error)
def ok(result):
    if result < 0:
        sys.exit(error.message.decode())
    return result
assert lib.coldpress_abi() == 0
assert lib.coldpress_store_open(99, {home!r}.encode(), ctypes.byref(store), e) == -1
assert error.kind == 11 and b"ABI" in error.message, error.message
assert lib.coldpress_store_open(0, None, ctypes.byref(store), e) == -1 and error.kind == 10
ok(lib.coldpress_store_open(0, {home!r}.encode(), ctypes.byref(store), e))
ok(lib.coldpress_lease_acquire(store, {NEW!r}.encode(), 0, ctypes.byref(lease), e))
ok(lib.coldpress_writer_create(store, lease, 1, ctypes.byref(writer), e))
meta = {(META % ("", NEW))!r}.encode()
state = b'{{"timestamp":"t","type":"session_state","payload":{{"agent_task":{{"a":1}}}}}}'
ok(lib.coldpress_writer_append(writer, meta, len(meta), e))
ok(lib.coldpress_writer_append(writer, state, len(state), e))
path = lib.coldpress_writer_path(writer).decode()
import os
assert not os.path.exists(path)
asked = []
knows = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(
    lambda thread, _: asked.append(thread) or 1)
def kind_of(thread):
    assert lib.coldpress_find(store, thread, ctypes.byref(value), e) == -1
    return error.kind
assert kind_of({NEW!r}.encode()) == 12 and b"not saved yet" in error.message, error.message
assert kind_of({OTHER!r}.encode()) == 1, error.message
lib.coldpress_store_ask(store, knows, None)
assert kind_of({OTHER!r}.encode()) == 12 and asked == [{OTHER!r}.encode()], asked
assert kind_of(b"rollout-x.jsonl") == 1
lib.coldpress_store_ask(store, None, None)
assert kind_of({OTHER!r}.encode()) == 1
ok(lib.coldpress_writer_persist(writer, None, e))
assert os.path.exists(path)
assert ok(lib.coldpress_session_state(store, {NEW!r}.encode(), ctypes.byref(value), e)) == 2
assert value.value == b'{{"a":1}}', value.value
assert ok(lib.coldpress_session_state(store, {THREAD!r}.encode(), ctypes.byref(value), e)) == 0
lib.coldpress_writer_close(writer)
lib.coldpress_lease_release(lease)
seen = []
each = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(
    lambda path, _: seen.append(path) or 0)
ok(lib.coldpress_list(store, each, None, e))
assert len(seen) == 3, seen
lib.coldpress_store_close(store)
print("done")
''')
    argtypes = read(script).replace(
        "error, store", "P = ctypes.c_void_p\nfor name in ('store_close', 'writer_close', "
        "'lease_release', 'writer_path'):\n    getattr(lib, 'coldpress_' + name)"
        ".argtypes = [P]\nlib.coldpress_list.argtypes = [P, P, P, P]\n"
        "lib.coldpress_store_ask.argtypes = [P, P, P]\nerror, store", 1)
    write(script, argtypes)
    check("ctypes", run("python3", "-B", script)[0], "done\n")
    locks = os.listdir(os.path.join(home, "thread-writer-locks"))
    check("locks left", locks, [".coordination.lock"])


with tempfile.TemporaryDirectory(prefix="coldpress-library-") as scratch:
    prefix = BUILD
    if os.path.exists(os.path.join(BUILD, "CMakeCache.txt")):
        prefix = os.path.join(scratch, "prefix")
        for component in ("library", "development"):
            run("cmake", "--install", BUILD, "--prefix", prefix, "--component", component)
    libdir = next((os.path.dirname(os.path.join(root, name))
                   for root, _, names in os.walk(prefix) for name in names
                   if name.startswith("libcoldpress.so")), None)
    if libdir is None:
        sys.exit("nothing was installed:\n" + "\n".join(faults))
    symbols(os.path.join(libdir, "libcoldpress.so.0"), headers(prefix, scratch))
    use(*programs(prefix, libdir, scratch), libdir, scratch)
    create(libdir, scratch)
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
