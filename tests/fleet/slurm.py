"""A Slurm of one machine: munge, controller and node daemon on the loopback, in one folder."""

import os
import re
import shutil
import socket
import subprocess
import time

CONFIG = """ClusterName=fleet
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# A task that is requeued may start when its credential has expired: soon.
AuthInfo=socket={folder}/munge/socket,cred_expire={credential}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# As many tasks at once as there are, whatever the machine has.
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
ReturnToService=2
JobRequeue=1
# A program that was killed; a store that was in use, because of one that was killed.
RequeueExit=75,137
KillWait=2
MinJobAge=86400
"""


CREDENTIAL = 5  # seconds


class CannotStart(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Slurm:
    def __init__(self, folder, cpus):
        self.folder = folder
        self.cpus = cpus
        self.daemons = []
        self.waiting = {}  # job: since when

    def __enter__(self):
        for tool in ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"):
            if not shutil.which(tool, path=self._path()):
                raise CannotStart(f"{tool} is not installed (slurm-wlm, munge)")
        if os.geteuid() != 0:
            raise CannotStart("its daemons need root")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if len(self.daemons) == 3:  # else there is no task
            self._call("scancel", "--user=root")
            end = time.monotonic() + 20
            while self.running("RUNNING,COMPLETING") and time.monotonic() < end:
                time.sleep(0.5)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons = []

    @staticmethod
    def _path():
        return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

    def _environment(self):
        return {"PATH": self._path(), "SLURM_CONF": f"{self.folder}/slurm.conf",
                "HOME": self.folder, "LC_ALL": "C"}

    def _start(self):
        for part in ("munge", "state", "spool", "log"):
            os.makedirs(f"{self.folder}/{part}", mode=0o755)
        os.chmod(f"{self.folder}/munge", 0o711)
        with open(f"{self.folder}/munge/key", "wb") as key:
            os.chmod(key.name, 0o600)
            key.write(os.urandom(128))
        host = socket.gethostname().split(".")[0]
        with open(f"{self.folder}/slurm.conf", "w", encoding="utf-8") as file:
            file.write(CONFIG.format(host=host, folder=self.folder, cpus=self.cpus,
                                     credential=CREDENTIAL,
                                     controller=free_port(), node=free_port()))
        munge = f"{self.folder}/munge"
        # --force: a folder on the way may belong to a group; the key is new, and for this.
        self._daemon("munged", "--foreground", "--force", f"--socket={munge}/socket",
                     f"--key-file={munge}/key", f"--pid-file={munge}/pid",
                     f"--seed-file={munge}/seed")
        self._until("munged", lambda: os.path.exists(f"{munge}/socket"))
        self._daemon("slurmctld", "-D")
        self._until("slurmctld", lambda: "is UP" in self._call("scontrol", "ping"))
        self._daemon("slurmd", "-D")
        self._until("slurmd", lambda: "idle" in self._call("sinfo", "-h", "-o", "%T"))

    def _daemon(self, *words):
        with open(f"{self.folder}/log/{words[0]}", "wb") as log:
            self.daemons.append(subprocess.Popen(words, env=self._environment(), stdout=log,
                                                 stderr=log, stdin=subprocess.DEVNULL))

    def _until(self, daemon, ready):
        end = time.monotonic() + 60
        while not ready():
            if self.daemons[-1].poll() is not None or time.monotonic() > end:
                with open(f"{self.folder}/log/{daemon}", encoding="utf-8",
                          errors="replace") as log:
                    raise CannotStart(f"{daemon}: {' / '.join(log.read().splitlines()[-5:])}")
            time.sleep(0.2)

    def _call(self, *words):
        end = subprocess.run(words, env=self._environment(), capture_output=True, text=True,
                             timeout=60, check=False)
        return end.stdout

    def version(self):
        return self._call("scontrol", "--version").split()[-1]

    def submit(self, script, tasks):
        text = self._call("sbatch", "--parsable", f"--array=0-{tasks - 1}", "--requeue",
                          f"--output={self.folder}/log/task-%a", "--open-mode=append", script)
        assert text.strip().isdigit(), f"sbatch: {text}"
        return text.strip()

    def states(self, job):
        """Of each task of the array; a range of tasks that wait is one entry."""
        text = self._call("squeue", "-h", "--states=all", "-j", job, "-o", "%K %T")
        return dict(line.split() for line in text.splitlines())

    def running(self, states="RUNNING"):
        """(task, its name for scontrol, job id of its own) of each."""
        text = self._call("squeue", "-h", f"--states={states}", "-o", "%K %F_%K %A")
        return [tuple(line.split()) for line in text.splitlines()]

    def requeue(self, job):
        self._call("scontrol", "requeue", job)

    def hurry(self):
        """Requeued tasks wait two minutes by default. Not at once: a node does not start a
        job again before the credential has expired with which it was ended."""
        now = time.monotonic()
        waiting = self._call("squeue", "-h", "--states=PENDING", "-o", "%A").split()
        self.waiting = {job: self.waiting.get(job, now) for job in waiting}
        for job, since in self.waiting.items():
            if now - since > 4 * CREDENTIAL:
                self._call("scontrol", "update", f"JobId={job}", "StartTime=now")

    def programs(self, job, program):
        """The processes of a task that run this program and have no parent that does."""
        found = {}
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.readlink(f"/proc/{entry}/exe") == program:
                    with open(f"/proc/{entry}/environ", "rb") as file:
                        variables = file.read().split(b"\0")
                    with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                        parent = int(re.sub(r"^.*\) ", "", file.read()).split()[1])
                    if f"SLURM_JOB_ID={job}".encode() in variables:
                        found[int(entry)] = parent
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return [pid for pid, parent in found.items() if parent not in found]
