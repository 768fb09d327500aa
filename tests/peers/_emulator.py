"""The emulator as the scripts here need it: started, known by its description, and stopped again."""

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
# How long the service may take to say that it listens.
PATIENCE = 30


class Service:
    """A running service: its address, and what it says on stderr."""

    def __init__(self, *arguments):
        program = os.environ.get("BATCH_EMULATOR")
        if not program:
            sys.exit("BATCH_EMULATOR does not name the built program of batch-emulator")
        command = [program, "--port", "0", "--account", ACCOUNT, "--key", KEY, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = []
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        # Read on, so that a service with much to say does not wait for a reader.
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        if not found:
            self.process.kill()
            self.process.wait()
            sys.exit(f"the service began with {line!r}; {''.join(self.said)}")
        self.url = found[1]

    def problems(self):
        """What went wrong in the service itself, as far as can be seen from outside."""
        if self.process.poll() is not None:
            yield f"the service ended with {self.process.returncode}"
        yield from (f"the service said: {line.strip()}" for line in self.said if "panicked" in line)


@contextlib.contextmanager
def service(*arguments):
    running = Service(*arguments)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def operations():
    """Operation ids of the description by method and the form of a path."""
    document = json.loads((ROOT / "spec/BatchService.json").read_text(encoding="utf-8"))
    for path, item in document["paths"].items():
        # A path parameter stands between slashes or, for certificates, between `=` and `,` or `)`.
        fixed = map(re.escape, re.split(r"{\w+}", path))
        pattern = re.compile("([^/,()]+)".join(fixed))
        for method, operation in item.items():
            yield method.upper(), pattern, operation["operationId"]


class Coverage:
    """Which operations were called with success."""

    def __init__(self):
        self.operations = list(operations())
        self.requests = 0
        self.called = set()

    def record(self, method, path, status):
        self.requests += 1
        if status < 300:
            called = (id for known, form, id in self.operations if known == method and form.fullmatch(path))
            self.called.update(called)

    def missing(self):
        return sorted({id for _, _, id in self.operations} - self.called)
