"""Runs `az batch` against the emulator: pools, nodes, jobs, tasks, files and schedules.

Each step is one command, run by Azure CLI's own entry point in this process. A step that fails, or whose result is not what
it should be, is printed; the last line has the counts. Only the data plane is called, with the account's key, so no login is
needed.
"""

import io
import json
import os
import pathlib
import sys
import tempfile
import time

import _emulator

# Seconds of the service's time per second.
CLOCK_SPEED = 5
# Seconds to wait for a state.
PATIENCE = 30

FOLDER = tempfile.TemporaryDirectory()
os.environ["AZURE_CONFIG_DIR"] = os.path.join(FOLDER.name, "az")
os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "no"
os.environ["AZURE_CORE_ONLY_SHOW_ERRORS"] = "yes"

from azure.cli.core import get_default_cli  # noqa: E402  It reads the variables above.

IMAGE = "canonical:0001-com-ubuntu-server-jammy:22_04-lts"
AGENT = "batch.node.ubuntu 22.04"
LATER = "2099-01-01T00:00:00Z"


class Az:
    """Runs commands and counts them."""

    def __init__(self, url):
        self.account = [
            "--account-name", _emulator.ACCOUNT, "--account-key", _emulator.KEY, "--account-endpoint", url,
        ]
        self.steps = 0
        self.defects = 0
        self.problems = []

    def run(self, line, *more):
        """Runs a command; returns its result and the error, one of them None."""
        cli = get_default_cli()
        arguments = ["batch", *line.split(), *map(str, more), *self.account]
        stderr, sys.stderr = sys.stderr, io.StringIO()
        try:
            code = cli.invoke(arguments, out_file=io.StringIO())
        except SystemExit as exit:
            code = exit.code
        finally:
            printed, sys.stderr = sys.stderr.getvalue(), stderr
        result = getattr(cli, "result", None)
        if code in (0, None):
            return result.result if result else None, None
        return None, f"{code}: {result.error if result else ''} {printed}".strip()

    def __call__(self, line, *more, check=None):
        """A step that must succeed, and whose result `check` accepts."""
        self.steps += 1
        result, error = self.run(line, *more)
        if error is not None:
            self.problems.append(f"az batch {line} {' '.join(map(str, more))}: {error}")
        elif check is not None:
            try:
                good = check(result)
            except (KeyError, TypeError, IndexError, AttributeError) as missing:
                good = False
                result = f"{missing!r} in {result}"
            if not good:
                self.problems.append(f"az batch {line}: unexpected result: {json.dumps(result, default=str)[:600]}")
        return result

    def fails(self, line, *more, code):
        """A step that must fail with a code of the service."""
        self.steps += 1
        _, error = self.run(line, *more)
        if error is None or code not in error:
            self.problems.append(f"az batch {line}: expected {code}: {error}")

    def broken(self, line, *more, says):
        """A step that fails in az itself, whatever the service responds: reported if a later az has no such defect."""
        self.steps += 1
        self.defects += 1
        _, error = self.run(line, *more)
        if error is None or says not in error:
            self.problems.append(f"az batch {line}: expected the defect {says!r}: {error}")

    def until(self, line, *more, reached):
        """Polls until a state is reached. Counts as one step."""
        self.steps += 1
        begin, result, error = time.monotonic(), None, None
        while time.monotonic() - begin < PATIENCE:
            result, error = self.run(line, *more)
            if error is None and reached(result):
                return result
            time.sleep(0.2)
        self.problems.append(f"az batch {line}: the state was not reached: {result} {error}")
        return result


def file(name, content):
    """Writes a JSON file for a command and returns its path."""
    path = pathlib.Path(FOLDER.name, name)
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def ids(items):
    return sorted(item["id"] for item in items)


def machine():
    publisher, offer, sku = IMAGE.split(":")
    return {"imageReference": {"publisher": publisher, "offer": offer, "sku": sku}, "nodeAgentSKUId": AGENT}


def pools(az):
    az("pool supported-images list", check=lambda images: len(images) > 10 and images[0]["nodeAgentSkuId"])
    az("pool supported-images list --filter", "osType eq 'linux'",
       check=lambda images: images and all(image["osType"] == "linux" for image in images))
    az("pool create --id p --vm-size Standard_D2s_v3 --target-dedicated-nodes 2 --task-slots-per-node 2",
       "--image", IMAGE, "--node-agent-sku-id", AGENT, "--metadata", "a=b", "c=d",
       "--start-task-command-line", "/bin/sh -c true", "--start-task-wait-for-success")
    az("pool create --json-file", file("pool.json", {
        "id": "json", "vmSize": "standard_d2s_v3", "targetDedicatedNodes": 0,
        "virtualMachineConfiguration": machine(), "userAccounts": [{"name": "u", "password": "Passw0rd-1"}],
        "networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{
            "name": "web", "protocol": "tcp", "backendPort": 8080,
            "frontendPortRangeStart": 15000, "frontendPortRangeEnd": 15100}]}},
    }))
    az.broken("pool create --id scaled --vm-size Standard_D2s_v3 --auto-scale-formula", "$TargetDedicatedNodes=1;",
              "--image", IMAGE, "--node-agent-sku-id", AGENT, says="unexpected keyword argument 'enable_auto_scale'")
    az("pool create --json-file", file("scaled.json", {
        "id": "scaled", "vmSize": "standard_d2s_v3", "enableAutoScale": True,
        "autoScaleFormula": "$TargetDedicatedNodes=1;", "virtualMachineConfiguration": machine()}))
    az.fails("pool create --id p --vm-size Standard_D2s_v3 --target-dedicated-nodes 0",
             "--image", IMAGE, "--node-agent-sku-id", AGENT, code="PoolExists")
    az.fails("pool create --id bad --vm-size Standard_D2s_v3 --target-dedicated-nodes 0",
             "--image", "contoso:os:1", "--node-agent-sku-id", AGENT, code="InvalidPropertyValue")
    az.fails("pool create --id bad --vm-size huge --target-dedicated-nodes 0",
             "--image", IMAGE, "--node-agent-sku-id", AGENT, code="InvalidPropertyValue")
    az("pool list", check=lambda found: ids(found) == ["json", "p", "scaled"])
    az("pool list --select id,state", check=lambda found: found[0]["state"] == "active")
    az("pool list --filter", "startswith(id, 'js')", check=lambda found: ids(found) == ["json"])
    az("pool list --expand stats", check=lambda found: len(found) == 3)
    az.until("pool show --pool-id p", reached=lambda pool: pool["allocationState"] == "steady")
    pool = az("pool show --pool-id p", check=lambda pool: pool["currentDedicatedNodes"] == 2
              and pool["taskSlotsPerNode"] == 2 and pool["vmSize"] == "standard_d2s_v3")
    az("pool show --pool-id json", check=lambda pool: pool["userAccounts"][0].get("password") is None)
    az("pool show --pool-id p --select id,metadata",
       check=lambda pool: {item["name"]: item["value"] for item in pool["metadata"]} == {"a": "b", "c": "d"})
    az.fails("pool show --pool-id absent", code="PoolNotFound")
    az("pool show --pool-id p --if-match", pool["eTag"], check=lambda pool: pool["id"] == "p")
    az.fails("pool show --pool-id p --if-match 0x0", code="ConditionNotMet")
    az("pool set --pool-id p --metadata e=f --start-task-command-line", "/bin/sh -c :")
    az("pool show --pool-id p", check=lambda pool: pool["metadata"] == [{"name": "e", "value": "f"}]
       and pool["startTask"]["commandLine"] == "/bin/sh -c :")
    az("pool set --pool-id json --json-file", file("patch.json", {"metadata": [{"name": "g", "value": "h"}]}))
    az("pool show --pool-id json", check=lambda pool: pool["metadata"][0]["name"] == "g")
    az("pool reset --pool-id json --metadata i=j", check=lambda pool: pool["metadata"][0]["value"] == "j")
    az("pool autoscale evaluate --pool-id scaled --auto-scale-formula", "$TargetDedicatedNodes=3;",
       check=lambda run: "$TargetDedicatedNodes=3" in run["results"])
    az("pool autoscale evaluate --pool-id scaled --auto-scale-formula", "$nonsense",
       check=lambda run: run["error"]["code"])
    az.until("pool show --pool-id scaled", reached=lambda pool: pool["allocationState"] == "steady")
    az("pool autoscale disable --pool-id scaled")
    az("pool show --pool-id scaled", check=lambda pool: pool["enableAutoScale"] is False)
    az.until("pool show --pool-id scaled", reached=lambda pool: pool["allocationState"] == "steady")
    az("pool autoscale enable --pool-id scaled --auto-scale-formula", "$TargetDedicatedNodes=0;",
       "--auto-scale-evaluation-interval", "PT10M")
    az("pool show --pool-id scaled", check=lambda pool: pool["autoScaleEvaluationInterval"] in ("PT10M", "0:10:00"))
    az("pool resize --pool-id json --target-dedicated-nodes 1 --resize-timeout PT10M")
    az.fails("pool resize --pool-id scaled --target-dedicated-nodes 1", code="OperationInvalidForCurrentState")
    az("pool resize --pool-id json --abort", check=lambda _: True)
    az.until("pool show --pool-id json", reached=lambda pool: pool["allocationState"] == "steady")
    az("pool resize --pool-id json --target-dedicated-nodes 0 --node-deallocation-option terminate")
    az("pool node-counts list", check=lambda counts: any(
        count["poolId"] == "p" and count["dedicated"]["total"] == 2 for count in counts))
    az("pool usage-metrics list", check=lambda usage: usage == [])


def nodes(az):
    def idle(found):
        return len(found) == 2 and all(node["state"] == "idle" for node in found)

    found = az.until("node list --pool-id p", reached=idle)
    node = found[0]["id"]
    at = ("--pool-id", "p", "--node-id", node)
    az("node list --pool-id p --select id", check=lambda found: len(found) == 2)
    az("node list --pool-id p --filter", "state eq 'idle'", check=lambda found: len(found) == 2)
    az("node show", *at, check=lambda node: node["schedulingState"] == "enabled" and node["isDedicated"])
    az.fails("node show --pool-id p --node-id absent", code="NodeNotFound")
    az("node remote-login-settings show", *at, check=lambda login: login["remoteLoginPort"] > 0)
    az("node user create --name someone --password Passw0rd-1 --is-admin --expiry-time", LATER, *at)
    az.fails("node user create --name someone --password Passw0rd-1", *at, code="NodeUserExists")
    az("node user reset --user-name someone --password Passw0rd-2 --expiry-time", LATER, *at)
    az("node user delete --user-name someone --yes", *at)
    az.fails("node user delete --user-name someone --yes", *at, code="NodeUserNotFound")
    az.broken("node scheduling disable --node-disable-scheduling-option requeue", *at,
              says="expected a string, found an object")
    az("node scheduling disable", *at)
    az("node show", *at, check=lambda node: node["schedulingState"] == "disabled")
    az.fails("node scheduling disable", *at, code="NodeAlreadyInTargetSchedulingState")
    az("node scheduling enable", *at)
    az("node service-logs upload --container-url https://a.blob.core.windows.net/logs?sig=x --start-time",
       "2024-01-01T00:00:00Z", *at, check=lambda logs: "numberOfFilesUploaded" in logs)
    az("node file list", *at, check=lambda files: {"shared", "startup"} <= {file["name"] for file in files})
    az("node file list --recursive", *at, check=lambda files: "startup/stdout.txt" in {file["name"] for file in files})
    az.broken("node file show --file-path startup/stdout.txt", *at, says="no attribute 'items'")
    path = pathlib.Path(FOLDER.name, "start.txt")
    az("node file download --file-path startup/stdout.txt --destination", path, *at, check=lambda _: path.exists())
    az.fails("node file show --file-path absent.txt", *at, code="Not Found")
    az("node file delete --file-path startup/stderr.txt --yes", *at)
    az("node reboot --node-reboot-option terminate", *at)
    az.until("node list --pool-id p", reached=idle)
    az("node delete --pool-id p --node-list", found[1]["id"], "--node-deallocation-option", "requeue")
    az.until("pool show --pool-id p", reached=lambda pool: pool["allocationState"] == "steady")
    az("node list --pool-id p", check=lambda found: [one["id"] for one in found] == [node])


def jobs(az):
    az("job create --id j --pool-id p --priority 5 --uses-task-dependencies --metadata a=b --job-max-task-retry-count 2")
    az("job create --json-file", file("job.json", {
        "id": "prepared", "poolInfo": {"poolId": "p"}, "jobPreparationTask": {"commandLine": "true"},
        "jobReleaseTask": {"commandLine": "true"}, "commonEnvironmentSettings": [{"name": "A", "value": "b"}]}))
    az("job create --json-file", file("auto.json", {"id": "auto", "poolInfo": {"autoPoolSpecification": {
        "poolLifetimeOption": "job",
        "pool": {"vmSize": "standard_d2s_v3", "virtualMachineConfiguration": machine()}}}}))
    az("job delete --job-id auto --yes")
    az.fails("job create --id j --pool-id p", code="JobExists")
    az("job create --id poolless --pool-id absent")
    az("job delete --job-id poolless --yes")
    az("job list", check=lambda found: {"j", "prepared"} <= set(ids(found)))
    az("job list --filter", "id eq 'j' and state eq 'active'", check=lambda found: ids(found) == ["j"])
    az("job show --job-id j", check=lambda job: job["priority"] == 5 and job["usesTaskDependencies"])
    az.fails("job show --job-id absent", code="JobNotFound")
    az("job set --job-id j --priority 7 --job-max-task-retry-count 3")
    az("job show --job-id j", check=lambda job: job["priority"] == 7 and job["constraints"]["maxTaskRetryCount"] == 3)
    az("job reset --job-id j --pool-id p --priority 1 --metadata c=d")
    az("job show --job-id j", check=lambda job: job["priority"] == 1 and job["metadata"][0]["name"] == "c")
    az("job task-counts show --job-id j", check=lambda counts: counts["taskCounts"]["active"] == 0)


def tasks(az):
    az("task create --job-id j --task-id t --command-line", "echo t", "--environment-settings", "A=b",
       "--max-task-retry-count", "1", "--retention-time", "P1D", check=lambda task: task["id"] == "t")
    az("task create --job-id j --json-file", file("tasks.json", [
        {"id": f"n{number}", "commandLine": f"echo {number}"} for number in range(20)]),
       check=lambda results: len(results) == 20 and all(result["status"].lower() == "success" for result in results))
    az("task create --job-id j --json-file", file("task.json", {
        "id": "after", "commandLine": "echo after", "dependsOn": {"taskIds": ["t"]}}),
       check=lambda task: task["id"] == "after")
    az("task create --job-id j --json-file", file("failing.json", {
        "id": "failing", "commandLine": "x", "environmentSettings": [{"name": "EMULATOR_EXIT_CODE", "value": "3"}]}))
    az("task create --job-id j --json-file", file("long.json", {
        "id": "long", "commandLine": "x", "environmentSettings": [{"name": "EMULATOR_SECONDS", "value": "100000"}]}))
    az("task create --job-id prepared --task-id t --command-line true")
    az.fails("task create --job-id j --task-id t --command-line x", code="TaskExists")
    az.fails("task create --job-id absent --task-id t --command-line x", code="JobNotFound")
    az("task list --job-id j", check=lambda found: len(found) == 24)
    az("task list --job-id j --filter", "startswith(id, 'n1')", check=lambda found: len(found) == 11)
    az("task list --job-id j --select id,state", check=lambda found: found[0]["state"])
    az.until("task show --job-id j --task-id after", reached=lambda task: task["state"] == "completed")
    az("task show --job-id j --task-id t", check=lambda task: task["executionInfo"]["exitCode"] == 0
              and task["constraints"]["maxTaskRetryCount"] == 1)
    az.fails("task show --job-id j --task-id absent", code="TaskNotFound")
    az.until("task show --job-id j --task-id failing", reached=lambda task: task["state"] == "completed")
    az("task show --job-id j --task-id failing", check=lambda task: task["executionInfo"]["exitCode"] == 3
       and task["executionInfo"]["failureInfo"]["code"] == "FailureExitCode")
    az("task reactivate --job-id j --task-id failing")
    az.fails("task reactivate --job-id j --task-id t", code="TaskSucceeded")
    az.fails("task reset --job-id j --task-id t --max-task-retry-count 4", code="TaskCompleted")
    az("task reset --job-id j --task-id long --max-task-retry-count 4")
    az("task show --job-id j --task-id long",
       check=lambda task: task["constraints"]["maxTaskRetryCount"] == 4)
    az("task stop --job-id j --task-id long")
    az("task show --job-id j --task-id long", check=lambda task: task["executionInfo"]["failureInfo"]["code"] == "TaskEnded")
    az("task create --job-id j --json-file", file("many.json", {
        "id": "many", "commandLine": "x", "multiInstanceSettings": {"numberOfInstances": 1, "coordinationCommandLine": "true"}}))
    az("task subtask list --job-id j --task-id many", check=lambda found: found == [] or "value" in found)
    az("job task-counts show --job-id j", check=lambda counts: counts["taskCounts"]["completed"] >= 20)


def files(az):
    at = ("--job-id", "j", "--task-id", "t")
    az("task file list", *at, check=lambda files: {"stdout.txt", "stderr.txt"} <= {file["name"] for file in files})
    az("task file list --recursive", *at, check=lambda files: len(files) >= 3)
    az.broken("task file show --file-path stdout.txt", *at, says="no attribute 'items'")
    path = pathlib.Path(FOLDER.name, "out.txt")
    az("task file download --file-path stdout.txt --destination", path, *at, check=lambda _: path.exists())
    az.fails("task file download --file-path absent.txt --destination", path.with_suffix(".no"), *at, code="FileNotFound")
    az("task file delete --file-path stderr.txt --yes", *at)
    az("task delete --yes", *at)
    az.fails("task file list", *at, code="TaskNotFound")


def job_ends(az):
    az("job prep-release-status list --job-id prepared",
       check=lambda rows: rows and rows[0]["jobPreparationTaskExecutionInfo"]["state"] == "completed")
    az.fails("job prep-release-status list --job-id j", code="JobPreparationTaskOrReleaseTaskNotSpecified")
    az("job disable --job-id j --disable-tasks requeue")
    az.until("job show --job-id j", reached=lambda job: job["state"] == "disabled")
    az("job enable --job-id j")
    az("job show --job-id j", check=lambda job: job["state"] == "active")
    az("job stop --job-id j --terminate-reason enough")
    az.until("job show --job-id j", reached=lambda job: job["state"] == "completed")
    az("job show --job-id j", check=lambda job: job["executionInfo"]["terminateReason"] == "enough")
    az.fails("job enable --job-id j", code="JobCompleted")
    az("job stop --job-id prepared")
    az("job delete --job-id j --yes")
    az.until("job list", reached=lambda found: "j" not in ids(found))


def schedules(az):
    az("job-schedule create --id s --pool-id p --do-not-run-until", LATER, "--metadata", "a=b")
    az("job-schedule create --json-file", file("schedule.json", {
        "id": "often", "schedule": {"recurrenceInterval": "PT1M"},
        "jobSpecification": {"poolInfo": {"poolId": "p"}, "onAllTasksComplete": "terminatejob"}}))
    az.fails("job-schedule create --id s --pool-id p --do-not-run-until", LATER, code="JobScheduleExists")
    az("job-schedule list", check=lambda found: ids(found) == ["often", "s"])
    az("job-schedule show --job-schedule-id s", check=lambda one: one["state"] == "active")
    az.fails("job-schedule show --job-schedule-id absent", code="JobScheduleNotFound")
    az("job-schedule set --job-schedule-id s --recurrence-interval PT2H")
    az("job-schedule show --job-schedule-id s", check=lambda one: one["schedule"]["recurrenceInterval"] in ("PT2H", "2:00:00"))
    az("job-schedule reset --job-schedule-id s --pool-id p --do-not-run-until", LATER, "--metadata", "c=d")
    az("job-schedule show --job-schedule-id s", check=lambda one: one["metadata"][0]["name"] == "c")
    az("job-schedule disable --job-schedule-id s")
    az("job-schedule show --job-schedule-id s", check=lambda one: one["state"] == "disabled")
    az("job-schedule enable --job-schedule-id s")
    az.until("job list --job-schedule-id often", reached=lambda found: found and found[0]["id"] == "often:job-1")
    az("job-schedule stop --job-schedule-id s")
    az.until("job-schedule show --job-schedule-id s", reached=lambda one: one["state"] == "completed")
    for one in ("s", "often"):
        az("job-schedule delete --yes --job-schedule-id", one)
    az.until("job-schedule list", reached=lambda found: found == [])


def applications(az):
    az("application summary list", check=lambda found: ids(found) == ["calculator"])
    az("application summary show --application-id calculator", check=lambda one: one["versions"] == ["1.0"])
    az.fails("application summary show --application-id absent", code="ApplicationNotFound")


def pool_ends(az):
    for one in ("json", "scaled", "p"):
        az("pool delete --yes --pool-id", one)
    az.until("pool list", reached=lambda found: not {"json", "scaled", "p"} & set(ids(found)))


def main():
    with _emulator.service("--clock-speed", str(CLOCK_SPEED), "--application", "calculator=1.0") as service:
        az = Az(service.url)
        for part in (pools, nodes, jobs, tasks, files, job_ends, schedules, applications, pool_ends):
            part(az)
        problems = az.problems + list(service.problems())
    for problem in problems:
        print(problem)
    print(f"{az.steps} steps of az batch, {len(az.problems)} failed; {az.defects} expect a defect of az")
    sys.exit(1 if problems or az.steps < 100 else 0)


if __name__ == "__main__":
    main()
