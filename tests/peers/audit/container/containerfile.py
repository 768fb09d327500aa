"""Runs the last stage of `batch-emulator/Containerfile` in a chroot that debootstrap makes, without a container engine.

Each step is carried out as an engine would do it: RUN as root, COPY of the built program, USER, WORKDIR and ENV for what
follows; then ENTRYPOINT with a key, the health check against it, a signed request without a signature, and SIGTERM. The
build stage is not run. It needs root and debootstrap; elsewhere it says so and succeeds.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import _emulator

FILE = _emulator.ROOT / "batch-emulator/Containerfile"
MIRROR = "http://deb.debian.org/debian"
# Seconds to wait for the service to be healthy, and to stop.
PATIENCE = 30


class Stage:
    """The state of a stage while its steps are carried out."""

    def __init__(self, root):
        self.root = root
        self.user, self.folder = "0", "/"
        self.env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        self.health = self.entry = None
        self.steps = 0

    def command(self, words):
        """A command in the chroot, as the stage's user."""
        enter = ["chroot", f"--userspec={self.user}:{self.user}", self.root, "/usr/bin/env", "--chdir", self.folder]
        return [*enter, *words]

    def carry_out(self, step, rest):
        self.steps += 1
        if step == "RUN":
            subprocess.run(self.command(["/bin/sh", "-c", rest]), env=self.env, check=True, capture_output=True)
        elif step == "COPY":
            # From the build stage, which makes the same program.
            target = pathlib.Path(self.root, rest.split()[-1].lstrip("/"))
            shutil.copy(os.environ["BATCH_EMULATOR"], target)
        elif step == "USER":
            self.user = rest
        elif step == "WORKDIR":
            self.folder = rest
        elif step == "ENV":
            name, _, value = rest.partition("=")
            self.env[name] = value
        elif step == "HEALTHCHECK":
            self.health = json.loads(rest.removeprefix("CMD "))
        elif step == "ENTRYPOINT":
            self.entry = json.loads(rest)
        elif step != "EXPOSE":
            sys.exit(f"unknown step {step}")


def last_stage():
    """The steps of the last stage: the word and the rest of each line."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    image = lines[starts[-1]].split()[1]
    if image != "docker.io/library/debian:bookworm-slim":
        sys.exit(f"the chroot is not like {image}")
    return [line.split(maxsplit=1) for line in lines[starts[-1] + 1:]]


def status(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code


def problems(stage):
    """Starts the service and yields what is not as it should be."""
    stage.env["BATCH_EMULATOR_PORT"] = "18923"
    refused = subprocess.run(stage.command(stage.entry), env=stage.env, capture_output=True, text=True, timeout=PATIENCE)
    if refused.returncode == 0 or "key" not in refused.stderr:
        yield f"without a key it should not start: {refused}"
    env = {**stage.env, "BATCH_EMULATOR_KEY": _emulator.KEY}
    service = subprocess.Popen(stage.command(stage.entry), env=env, stderr=subprocess.PIPE, text=True)
    try:
        begin, healthy = time.monotonic(), False
        while not healthy and time.monotonic() - begin < PATIENCE:
            healthy = subprocess.run(stage.command(stage.health), env=env, capture_output=True).returncode == 0
            time.sleep(0.1)
        if not healthy:
            yield "it is not healthy"
        found = status("http://127.0.0.1:18923/pools?api-version=2024-02-01.19.0")
        if found not in (401, 403):
            yield f"a request without a signature has the status {found}"
        owner = os.stat(f"/proc/{service.pid}").st_uid
        if owner != int(stage.user):
            yield f"it runs as {owner}"
        service.send_signal(signal.SIGTERM)
        if service.wait(timeout=PATIENCE) != 0:
            yield f"it stopped with {service.returncode}: {service.stderr.read()}"
    finally:
        service.kill()
        service.wait()
    if subprocess.run(stage.command(stage.health), env=env, capture_output=True).returncode == 0:
        yield "the health check passes without a service"


def main():
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("skipped: this needs root and debootstrap")
        return 0
    with tempfile.TemporaryDirectory() as root:
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", root, os.environ.get("DEBIAN_MIRROR", MIRROR)],
            capture_output=True, text=True)
        if done.returncode:
            print(done.stdout[-2000:] + done.stderr)
            return 1
        os.chmod(root, 0o755)
        shutil.copy("/etc/resolv.conf", pathlib.Path(root, "etc/resolv.conf"))
        stage = Stage(root)
        for step, rest in last_stage():
            stage.carry_out(step, rest)
        found = list(problems(stage))
    for problem in found:
        print(problem)
    print(f"{stage.steps} steps of the container file, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
