"""A scratch CODEX_HOME and the ways to drive the real Codex in it."""

import os
import pathlib
import subprocess

import app_server
import codex_package
import mock_responses

CONFIG = """\
model = "{model}"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
web_search = "disabled"

[model_providers.mock]
name = "mock"
base_url = "{url}"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false

[feedback]
enabled = false

[otel]
exporter = "none"
trace_exporter = "none"
metrics_exporter = "none"

[features]
apps = false
daemon_auto_start = false
plugin_sharing = false
plugins = false
remote_plugin = false
shell_snapshot = false
skill_search = false
"""


class CodexError(Exception):
    """A codex command failed; the message has its last words."""


class CodexHome:
    """The folder ROOT: `home` is CODEX_HOME, `work` the project, `user` the HOME."""

    def __init__(self, root, codex, mock):
        self.root = pathlib.Path(root).resolve()
        self.home = self.root / "home"
        self.work = self.root / "work"
        self.codex = str(codex)
        for folder in (self.home, self.work, self.root / "user"):
            folder.mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(model=mock_responses.MODEL, url=mock.url)
        (self.home / "config.toml").write_text(config, encoding="utf-8")

    @property
    def version(self):
        """Numbers of the release, which compare as releases do."""
        return tuple(int(part) for part in codex_package.version_of(self.codex).split("."))

    def env(self):
        # A clean environment: neither keys nor proxies of the caller reach Codex.
        return {
            "CODEX_HOME": str(self.home),
            "HOME": str(self.root / "user"),
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
        }

    def run(self, *arguments, timeout=180):
        """Runs `codex ARGUMENTS`, returns its stdout. Raises CodexError."""
        done = subprocess.run(
            [self.codex, *arguments],
            env=self.env(),
            cwd=self.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode != 0:
            words = (done.stdout + done.stderr)[-2000:]
            raise CodexError(f"codex {' '.join(arguments)}: exit {done.returncode}: {words}")
        return done.stdout

    def exec(self, prompt, *options):
        """A new thread by `codex exec`; returns its rollout."""
        before = set(self.logical_rollouts())
        self.run("exec", "--skip-git-repo-check", *options, "--", prompt)
        (made,) = set(self.logical_rollouts()) - before
        return made

    def exec_resume(self, thread, prompt):
        self.run("exec", "--skip-git-repo-check", "resume", thread, prompt)

    def exec_fork(self, thread, prompt):
        """A fork by `codex exec fork`; returns its rollout."""
        # By logical name: a fork also turns its compressed parent into a plain file.
        before = set(self.logical_rollouts())
        self.run("exec", "--skip-git-repo-check", "fork", thread, prompt)
        (made,) = set(self.logical_rollouts()) - before
        return made

    def archive(self, thread):
        self.run("archive", thread)

    def unarchive(self, thread):
        self.run("unarchive", thread)

    def delete(self, thread):
        self.run("delete", "--force", thread)

    def app_server(self):
        """A started app-server; use it in a `with`."""
        command = [self.codex, "app-server"]
        log = self.root / "app-server.log"
        return app_server.AppServer(command, self.env(), self.work, log)

    def rollouts(self):
        """Plain and compressed rollouts of both trees, sorted."""
        found = []
        for tree in ("sessions", "archived_sessions"):
            for form in ("rollout-*.jsonl", "rollout-*.jsonl.zst"):
                found += (self.home / tree).rglob(form)
        return sorted(found)

    def logical_rollouts(self):
        """The same without `.zst`, each rollout once."""
        return sorted({logical(path) for path in self.rollouts()})


def logical(path):
    """The name of a rollout whichever form it has."""
    path = pathlib.Path(path)
    return path.with_suffix("") if path.suffix == ".zst" else path


def thread_id(rollout):
    """The thread id in a rollout's name."""
    stem = pathlib.Path(rollout).name.split(".")[0]
    return stem[len("rollout-YYYY-MM-DDThh-mm-ss-") :].split("_")[0]
