#!/usr/bin/env python3
"""The container file and the Kubernetes examples, as far as they can be read.

containers.py COLDPRESS PACKAGING_FOLDER: 77 if there is no YAML reader here.
"""

import json
import os
import re
import subprocess
import sys
import unittest

try:
    import yaml
except ImportError:
    print("skipped: there is no python3-yaml here")
    sys.exit(77)

PROGRAM, PACKAGING = sys.argv[1:3]
EXAMPLES = ("cronjob.yaml", "daemonset.yaml", "job.yaml", "sidecar.yaml")


def load(name):
    with open(os.path.join(PACKAGING, "kubernetes", name), encoding="utf-8") as file:
        return yaml.safe_load(file)


def commands_in(value):
    """Every list below "command" whose first word is coldpress."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "command" and isinstance(below, list) and below[0] == "coldpress":
                yield below
            yield from commands_in(below)
    elif isinstance(value, list):
        for below in value:
            yield from commands_in(below)


class Containers(unittest.TestCase):
    def check_command(self, words):
        """The program takes the words: it gets as far as to miss the store."""
        if "--stores-from" not in words:
            words = [*words, "--store", "/nonexistent/store"]
        end = subprocess.run([PROGRAM, *words[1:]],
                             env={"JOB_COMPLETION_INDEX": "7"}, capture_output=True, text=True, timeout=60, check=False)
        self.assertNotIn("See: coldpress", end.stderr, words)
        self.assertNotEqual(end.returncode, 0, words)

    def check_container(self, container):
        own = container["securityContext"]
        self.assertIs(own["readOnlyRootFilesystem"], True)
        self.assertIs(own["allowPrivilegeEscalation"], False)
        self.assertEqual(own["capabilities"], {"drop": ["ALL"]})

    def check_pod(self, spec):
        shared = spec["securityContext"]
        self.assertIs(shared["runAsNonRoot"], True)
        self.assertGreater(shared["runAsUser"], 0)
        self.assertEqual(shared["seccompProfile"], {"type": "RuntimeDefault"})
        # Else every rollout has a new ctime at each start, and is never settled.
        self.assertEqual(shared["fsGroupChangePolicy"], "OnRootMismatch")
        self.assertGreaterEqual(spec["terminationGracePeriodSeconds"], 10)
        # One user for the agent, too, or there are no leases.
        for container in spec.get("initContainers", []) + spec["containers"]:
            self.assertNotIn("runAsUser", container.get("securityContext", {}))

    def test_the_sidecar_restarts_is_probed_and_shares_the_store(self):
        spec = load("sidecar.yaml")["spec"]
        self.check_pod(spec)
        (sidecar,) = spec["initContainers"]
        (agent,) = spec["containers"]
        self.check_container(sidecar)
        self.assertEqual(sidecar["restartPolicy"], "Always")
        for probe in ("startupProbe", "livenessProbe"):
            self.assertEqual(sidecar[probe]["exec"]["command"][:3],
                             ["coldpress", "control", "status"])
        self.assertEqual(sidecar["volumeMounts"], agent["volumeMounts"])
        self.assertEqual(sidecar["volumeMounts"][0]["name"], spec["volumes"][0]["name"])

    def test_the_cron_job_never_overlaps_and_takes_busy_for_no_failure(self):
        cron = load("cronjob.yaml")["spec"]
        self.assertEqual(cron["concurrencyPolicy"], "Forbid")
        job = cron["jobTemplate"]["spec"]
        spec = job["template"]["spec"]
        self.check_pod(spec)
        (container,) = spec["containers"]
        self.check_container(container)
        self.assertEqual(spec["restartPolicy"], "Never")
        actions = {code: rule["action"] for rule in job["podFailurePolicy"]["rules"]
                   for code in rule.get("onExitCodes", {}).get("values", [])}
        self.assertEqual(actions, {75: "Ignore", 2: "FailJob", 4: "FailJob"})

    def test_the_indexed_job_names_its_completions_and_stops_whole_only_for_bad_usage(self):
        job = load("job.yaml")["spec"]
        self.assertEqual(job["completionMode"], "Indexed")
        self.assertLessEqual(job["parallelism"], job["completions"])
        spec = job["template"]["spec"]
        self.check_pod(spec)
        (container,) = spec["containers"]
        self.check_container(container)
        self.assertEqual(spec["restartPolicy"], "Never")
        words = container["command"]
        self.assertEqual(words[words.index("--shard-count") + 1], str(job["completions"]))
        mount = container["volumeMounts"][0]["mountPath"]
        self.assertTrue(words[words.index("--stores-from") + 1].startswith(mount + "/"))
        actions = {code: rule["action"] for rule in job["podFailurePolicy"]["rules"]
                   for code in rule.get("onExitCodes", {}).get("values", [])}
        self.assertEqual(actions, {75: "Ignore", 2: "FailJob", 3: "FailIndex",
                                   4: "FailIndex"})
        self.assertIn("backoffLimitPerIndex", job)  # FailIndex needs it
        self.assertEqual(job["maxFailedIndexes"], job["completions"])

    def test_the_daemon_set_selects_its_pods_and_serves_the_nodes_store(self):
        daemon = load("daemonset.yaml")["spec"]
        labels = daemon["template"]["metadata"]["labels"]
        self.assertEqual(daemon["selector"]["matchLabels"], labels)
        spec = daemon["template"]["spec"]
        self.check_pod(spec)
        (container,) = spec["containers"]
        self.check_container(container)
        home = {entry["name"]: entry["value"] for entry in container["env"]}["CODEX_HOME"]
        self.assertTrue(home.startswith(container["volumeMounts"][0]["mountPath"] + "/"))
        self.assertIn("hostPath", spec["volumes"][0])

    def test_every_example_is_checked_here(self):
        names = sorted(os.listdir(os.path.join(PACKAGING, "kubernetes")))
        self.assertEqual(names, sorted(EXAMPLES))

    def test_every_command_is_one_of_the_programs(self):
        found = [words for name in EXAMPLES for words in commands_in(load(name))]
        self.assertEqual(len(found), 8)
        for words in found:
            self.check_command(words)

    def test_every_variable_is_a_setting(self):
        for name in EXAMPLES:
            text = json.dumps(load(name))
            settings = dict(re.findall(r'"name": "(COLDPRESS_\w+)", "value": "(\w+)"', text))
            self.assertTrue(settings)
            subprocess.run([PROGRAM, "config"], env={"HOME": "/nonexistent", **settings},
                           check=True, stdout=subprocess.DEVNULL)

    def test_the_image_runs_as_a_user_and_asks_the_daemon(self):
        with open(os.path.join(PACKAGING, "container", "Containerfile"),
                  encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        self.assertRegex(text, r"(?m)^USER [1-9][0-9]*:[1-9][0-9]*$")
        for line in ("ENTRYPOINT", "CMD"):
            self.assertEqual(len(re.findall(rf"(?m)^{line} ", text)), 1)
        default = json.loads(re.search(r"(?m)^CMD (.*)$", text)[1])
        self.check_command(["coldpress", *default])
        probe = json.loads(re.search(r"(?m)^HEALTHCHECK .*CMD (.*)$", text)[1])
        self.check_command(["coldpress", *probe[1:]])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
