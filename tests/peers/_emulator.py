"""Starts and stops the emulator for the scripts here, and checks which operations they covered."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading

ROOT = pathlib.Path(os.environ.get("BATCH_ROOT", pathlib.Path(__file__).parents[2]))
ACCOUNT = "peeraccount"
KEY = "cGVlcnM6IGEga2V5IHRoYXQgb3BlbnMgbm90aGluZyBidXQgdGhlIHNlcnZpY2UgdGhhdCBpdCBpcyBnaXZlbiB0bw=="
# Maximum time for the service to start listening, in seconds.
TIMEOUT = 30


class Service:
    """A running service with its address and its stderr output."""

    def __init__(self, *arguments, environment=None):
        program = os.environ.get("BATCH_EMULATOR")
        if not program:
            sys.exit("BATCH_EMULATOR does not name the built program of batch-emulator")
        command = [program, "--port", "0", "--account", ACCOUNT, "--key", KEY, *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})},
        )
        self.stderr = []
        watchdog = threading.Timer(TIMEOUT, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        # Keep reading, so that a service with much output does not block.
        threading.Thread(target=lambda: self.stderr.extend(self.process.stderr), daemon=True).start()
        found = re.fullmatch(r"listening on (https?://127\.0\.0\.1:\d+)\n", line)
        if not found:
            self.process.kill()
            self.process.wait()
            sys.exit(f"unexpected first line of the service: {line!r}; {''.join(self.stderr)}")
        self.url = found[1]

    def problems(self):
        """Problems in the service itself, as far as they are visible from outside."""
        if self.process.poll() is not None:
            yield f"the service exited with {self.process.returncode}"
        yield from (f"the service printed: {line.strip()}" for line in self.stderr if "panicked" in line)


@contextlib.contextmanager
def service(*arguments, environment=None):
    running = Service(*arguments, environment=environment)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def paths(version):
    """The operations of a version of the API, by path and method: the base, and what has changed since."""
    read = lambda path: json.loads(path.read_text(encoding="utf-8"))
    base = read(ROOT / "spec/BatchService.json")
    paths = {path: dict(item) for path, item in base["paths"].items()}
    if version is None:
        return paths
    changes = {change["after"]: change for change in map(read, (ROOT / "spec/versions").glob("*.json"))}
    known = base["info"]["version"]
    while known != version:
        change = changes[known]
        for path, item in change.get("operations", {}).items():
            paths.setdefault(path, {}).update(item)
        removed = set(change.get("removed", {}).get("operations", []))
        for item in paths.values():
            for method in [method for method, operation in item.items() if operation["operationId"] in removed]:
                del item[method]
        known = change["version"]
    return paths


def operations(version=None):
    """Method, path pattern and id of every operation in a version, by default that of the base."""
    for path, item in paths(version).items():
        # A path parameter is between slashes or, for certificates, between `=` and `,` or `)`.
        fixed = map(re.escape, re.split(r"{\w+}", path))
        pattern = re.compile("([^/,()]+)".join(fixed))
        for method, operation in item.items():
            yield method.upper(), pattern, operation["operationId"]


class Coverage:
    """Records which operations succeeded."""

    def __init__(self, version=None):
        self.operations = list(operations(version))
        self.requests = 0
        self.called = set()

    def record(self, method, path, status):
        self.requests += 1
        if status < 300:
            called = (id for known, form, id in self.operations if known == method and form.fullmatch(path))
            self.called.update(called)

    def missing(self):
        return sorted({id for _, _, id in self.operations} - self.called)
