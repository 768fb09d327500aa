"""Checks the emulator's injected faults as the official Python client sees them.

The script sets up each kind of fault through the control endpoint and makes calls; it asserts on what the client gets,
on the service's state and on the service's counts. Separate processes check the seed: the same seed hits the same
requests, another seed hits others.

    python tests/peers/faults_python.py       with BATCH_EMULATOR naming the built program
"""

import datetime
import email.utils
import http.client
import json
import sys
import tempfile
import time
import traceback
import urllib.parse

from azure.batch import models as m
from msrest.exceptions import ClientRequestError

import _emulator
import _official
from _official import equal, refused, until, values

SECOND = "secondaccount"
SECOND_KEY = "c2Vjb25kOiBhIGtleSBvZiBpdHMgb3du"
APPLIED = "the request was applied"
NOT_APPLIED = "the request was not applied"


class Control:
    """Control endpoint of a service."""

    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc

    def send(self, method, body=None, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, "/_control/faults", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text)

    def set(self, *rules, **more):
        status, shown = self.send("PUT", json.dumps({"rules": rules, **more}), Content_Type="application/json")
        equal((status, [rule["hits"] for rule in shown.get("rules", [shown])]), (200, [0] * len(rules)))

    def counts(self):
        return [(rule["seen"], rule["hits"]) for rule in self.send("GET")[1]["rules"]]

    def clear(self):
        equal(self.send("DELETE")[1]["rules"], [])


def client(url, coverage):
    """A client without retries, which reports every status as it is."""
    official = _official.client(url, _emulator.ACCOUNT, _emulator.KEY, coverage)
    official.config.retry_policy.policy.status_forcelist = []
    return official


def once(fault, *operations, **more):
    return {"operations": operations, "most": 1, "fault": fault, **more}


def linux():
    image = m.ImageReference(publisher="canonical", offer="0001-com-ubuntu-server-jammy", sku="22_04-lts")
    return m.VirtualMachineConfiguration(image_reference=image, node_agent_sku_id="batch.node.ubuntu 22.04")


def prepare(batch):
    """Adds a pool with one node and a job on it, whose task has files."""
    batch.pool.add(m.PoolAddParameter(
        id="pool", vm_size="standard_d2s_v3", target_dedicated_nodes=1, virtual_machine_configuration=linux(),
    ))
    add_job(batch, "job")
    batch.task.add("job", m.TaskAddParameter(id="task", command_line="echo"))
    until("the end of the task", lambda: batch.task.get("job", "task").state == m.TaskState.completed)


def add_job(batch, id):
    batch.job.add(m.JobAddParameter(id=id, pool_info=m.PoolInformation(pool_id="pool")))


def state(batch, id):
    """Checks whether the job exists that the faulty request should add."""
    try:
        batch.job.get(id)
    except m.BatchErrorException as error:
        equal(error.error.code, "JobNotFound")
        return NOT_APPLIED
    return APPLIED


def fails(call, *arguments):
    """Checks that the connection fails, and returns the client's message."""
    try:
        answer = call(*arguments)
    except (ClientRequestError, OSError) as error:  # Errors while streaming are not wrapped.
        return str(error)
    raise AssertionError(f"{call.__qualname__} should fail, but returned {answer!r}")


def errors(batch, control):
    """Tests every status, with and without Retry-After, before and after the request is applied."""
    codes = {408: "RequestTimeout", 429: "TooManyRequests", 500: "InternalError", 502: "BadGateway",
             503: "ServerBusy", 504: "GatewayTimeout"}
    for status, code in codes.items():
        for applied in (False, True):
            id = f"error-{status}-{applied}"
            answer = {"status": status, "applied": applied}
            control.set(once({"answer": answer}, "Job_Add"))
            error = refused(status, code, add_job, batch, id)
            equal(error.response.headers.get("retry-after"), None)
            equal(state(batch, id), APPLIED if applied else NOT_APPLIED)
            equal(control.counts(), [(1, 1)])
    control.set(once({"answer": {"status": 429, "retryAfterSeconds": 3}}, "Pool_Get"))
    equal(refused(429, "TooManyRequests", batch.pool.get, "pool").response.headers["retry-after"], "3")
    control.set(once({"answer": {"status": 503, "retryAfterSeconds": 100, "retryAfterDate": True}}, "Pool_Get"))
    date = refused(503, "ServerBusy", batch.pool.get, "pool").response.headers["retry-after"]
    seconds = (email.utils.parsedate_to_datetime(date) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 60 < seconds <= 100, f"{date} is {seconds} s from now"
    equal(batch.pool.get("pool").id, "pool")


def bodies(batch, control):
    """Tests errors as proxies send them, in which the official client finds no error code."""
    control.set(once({"answer": {"status": 502, "body": "html"}}, "Pool_Get"))
    error = refused(502, None, batch.pool.get, "pool")
    assert error.response.text.startswith("<html>") and "request-id" not in error.response.headers
    equal(error.response.headers["content-type"], "text/html")
    control.set(once({"answer": {"status": 504, "body": "empty"}}, "Pool_Get"))
    error = refused(504, None, batch.pool.get, "pool")
    equal((error.response.content, error.response.headers["content-length"]), (b"", "0"))
    control.set(once({"answer": {"status": 503, "body": "html"}}, "Pool_Exists"))
    equal(refused(503, None, batch.pool.exists, "pool").response.content, b"")


def resets(batch, control):
    for applied in (False, True):
        id = f"reset-{applied}"
        control.set(once({"reset": {"applied": applied}}, "Job_Add"))
        message = fails(add_job, batch, id)
        assert "reset by peer" in message or "ConnectionReset" in message, message
        equal(state(batch, id), APPLIED if applied else NOT_APPLIED)
        equal(control.counts(), [(1, 1)])


def cuts(batch, control):
    for chunked in (False, True):
        control.set(once({"truncate": {"bytes": 20, "chunked": chunked}}, "Pool_Get"))
        message = fails(batch.pool.get, "pool")
        assert ("ended prematurely" if chunked else "20 bytes read") in message, message
    control.set(once({"truncate": {"bytes": 1}}, "Pool_Patch"))
    message = fails(batch.pool.patch, "pool", m.PoolPatchParameter(metadata=[m.MetadataItem(name="a", value="b")]))
    assert "1 more expected" in message, message
    # The response was lost, but the change was applied.
    equal(control.counts(), [(1, 1)])
    equal(batch.pool.get("pool").metadata[0].name, "a")
    control.set(once({"truncate": {"bytes": 3}}, "File"))
    message = fails(lambda: b"".join(batch.file.get_from_task("job", "task", "stdout.txt")))
    assert "IncompleteRead" in message or "3 bytes read" in message, message


def slowness(batch, control):
    def timed(call):
        begin = time.monotonic()
        call()
        return time.monotonic() - begin

    control.set(once({"delay": {"milliseconds": 700}}, "Pool_Get"))
    assert timed(lambda: batch.pool.get("pool")) >= 0.7
    length = len(b"".join(batch.file.get_from_task("job", "task", "stdout.txt")))
    control.set(once({"slowBody": {"bytes": 2, "milliseconds": 60}}, "File_GetFromTask"))
    seconds = timed(lambda: equal(len(b"".join(batch.file.get_from_task("job", "task", "stdout.txt"))), length))
    # The client finishes with the last chunk and does not wait for the pause after it.
    assert length >= 6 and seconds >= (length - 1) // 2 * 0.06, f"{length} bytes in {seconds} s"
    # A client that times out does not undo its request.
    control.set(once({"delay": {"milliseconds": 600_000}}, "Job_Add"))
    known = batch.config.connection.timeout
    batch.config.connection.timeout = 1
    message = fails(add_job, batch, "late")
    batch.config.connection.timeout = known
    assert "timed out" in message, message
    until("the late job", lambda: state(batch, "late") == APPLIED)


def task_errors(batch, control):
    """The official client repeats tasks with a servererror at once, until there are none."""
    many = [m.TaskAddParameter(id=f"many-{number:02}", command_line="true") for number in range(50)]
    add_job(batch, "many")
    control.set(once({"taskErrors": {"probability": 0.4}}, "Task_AddCollection"), seed=3)
    added = batch.task.add_collection("many", many)
    equal({result.status for result in added.value}, {m.TaskAddStatus.success})
    equal(control.counts(), [(2, 1)])
    equal(len(list(batch.task.list("many"))), 50)

    # Tasks that were added in spite of the error exist when they are sent again, which the client treats as success.
    add_job(batch, "twice")
    control.set(once({"taskErrors": {"probability": 0.4, "applied": True}}, "Task_AddCollection"), seed=3)
    added = batch.task.add_collection("twice", many)
    again = [result for result in added.value if result.status == m.TaskAddStatus.client_error]
    assert 10 <= len(again) <= 30 and len(added.value) == 50, again
    equal({result.error.code for result in again}, {"TaskExists"})
    equal(control.counts(), [(2, 1)])
    equal(len(list(batch.task.list("twice"))), 50)


def skew(batch, control):
    for seconds in (1200, -1200):
        control.set({"fault": {"clockSkew": {"seconds": seconds}}})
        error = refused(403, "AuthenticationFailed", batch.pool.get, "pool")
        now = datetime.datetime.now(datetime.timezone.utc)

        def off(time):
            assert abs((time - now).total_seconds() - seconds) < 60, f"{time} at {now}"

        date = email.utils.parsedate_to_datetime(error.response.headers["date"])
        off(date)
        message = error.error.message.value.split("\nTime:")[1]
        off(datetime.datetime.fromisoformat(message[:19] + "+00:00"))
        assert f"{date:%Y-%m-%dT%H:%M:%S}" in values(error)["AuthenticationErrorDetail"], values(error)
        options = m.PoolGetOptions(ocp_date=now + datetime.timedelta(seconds=seconds))
        equal(batch.pool.get("pool", options).id, "pool")
    control.clear()
    equal(batch.pool.get("pool").id, "pool")


def counting(batch, control):
    """Tests first, every and most, methods, groups and accounts."""
    def hit(rule, calls):
        control.set({"fault": {"answer": {"status": 500}}, **rule})
        found = []
        for number, call in enumerate(calls, 1):
            try:
                call()
            except m.BatchErrorException as error:
                equal(error.response.status_code, 500)
                found.append(number)
        equal(control.counts()[0][1], len(found))
        return found

    gets = [lambda: batch.pool.get("pool")] * 8
    equal(hit({}, gets), [1, 2, 3, 4, 5, 6, 7, 8])
    equal(hit({"first": 3, "most": 1}, gets), [3])
    equal(hit({"first": 2, "every": 3}, gets), [2, 5, 8])
    equal(hit({"every": 2, "most": 2}, gets), [1, 3])
    mixed = [lambda: batch.pool.get("pool"), lambda: batch.job.get("job"), lambda: batch.pool.exists("pool")] * 2
    equal(hit({"operations": ["Pool_Get"]}, mixed), [1, 4])
    equal(hit({"operations": ["Pool"]}, mixed), [1, 3, 4, 6])
    equal(hit({"methods": ["HEAD"]}, mixed), [3, 6])
    equal(hit({"account": SECOND}, mixed), [])
    equal(control.counts(), [(0, 0)])
    other = _official.client(batch.config.batch_url, SECOND, SECOND_KEY, _emulator.Coverage())
    other.config.retry_policy.policy.status_forcelist = []
    equal(hit({"account": SECOND}, [lambda: other.pool.exists("pool"), *mixed]), [1])


def refusals(batch, control):
    def put(body, **headers):
        return control.send("PUT", body, **{"Content_Type": "application/json", **headers})

    control.set({"name": "first", "operations": ["File"], "fault": {"reset": {}}})
    for body, status, named, headers in [
        ('[{"fault": {"explode": {}}}]', 400, "unknown variant `explode`", {}),
        ('[{"fault": {"answer": {"status": "503"}}}]', 400, "rules[0].fault.answer.status", {}),
        ('[{"operations": ["Pol"], "fault": {"reset": {}}}]', 400, "rules[0].operations[0]: `Pol`", {}),
        ("[]", 415, "application/json", {"Content_Type": "text/plain"}),
        ("[]", 403, "Host", {"Host": "evil.example"}),
        ("[]", 403, "Origin", {"Origin": "http://evil.example"}),
    ]:
        found, answer = put(body, **headers)
        assert found == status and named in answer["error"], (body, found, answer)
    equal(control.send("GET")[1]["rules"][0]["name"], "first")


def recovery(batch, control):
    """With its own retries, the official client overcomes transient faults."""
    policy = batch.config.retry_policy
    policy.retries, policy.backoff_factor, policy.policy.status_forcelist = 3, 0, [500, 503]
    try:
        for fault in ({"answer": {"status": 503}}, {"reset": {}}, {"answer": {"status": 500, "body": "empty"}}):
            control.set({"most": 2, "fault": fault})
            equal(batch.pool.get("pool").id, "pool")
            equal(control.counts(), [(3, 2)])
        control.set(once({"answer": {"status": 429, "retryAfterSeconds": 1}}))
        begin = time.monotonic()
        equal(batch.pool.get("pool").id, "pool")
        assert time.monotonic() - begin >= 1
        equal(control.counts(), [(2, 1)])
    finally:
        policy.retries, policy.policy.status_forcelist = 0, []


PARTS = [errors, bodies, resets, cuts, slowness, task_errors, skew, counting, recovery, refusals]

HALF = {"operations": ["Pool"], "probability": 0.5, "fault": {"answer": {"status": 503}}}


def hits_of(coverage, *arguments):
    """Returns which of 60 requests a new process hits."""
    with _emulator.service(*arguments) as service:
        batch = client(service.url, coverage)
        found = []
        for number in range(60):
            try:
                batch.pool.exists("nothing")
            except m.BatchErrorException as error:
                equal(error.response.status_code, 503)
                found.append(number)
        equal(Control(service.url).counts(), [(60, len(found))])
    return found


def seeds(coverage):
    rules = json.dumps([HALF])
    first = hits_of(coverage, "--faults", rules, "--fault-seed", "1")
    assert 10 <= len(first) <= 50, first
    equal(hits_of(coverage, "--faults", rules, "--fault-seed", "1"), first)
    assert hits_of(coverage, "--faults", rules, "--fault-seed", "2") != first
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"seed": 1, "rules": [HALF]}, file)
        file.flush()
        equal(hits_of(coverage, "--faults", file.name), first)


def main():
    coverage = _emulator.Coverage()
    start = time.monotonic()
    failed = 0
    with _emulator.service("--clock-speed", "50", "--account", SECOND, "--key", SECOND_KEY) as service:
        batch = client(service.url, coverage)
        control = Control(service.url)
        prepare(batch)
        parts = [(part.__name__, lambda part=part: part(batch, control)) for part in PARTS]
        parts.append((seeds.__name__, lambda: seeds(coverage)))
        for name, part in parts:
            try:
                part()
            except Exception:  # Report each failure, and continue with the other parts.
                failed += 1
                print(f"{name}: {traceback.format_exc(limit=-4)}")
            control.clear()
        problems = list(service.problems())
    for problem in problems:
        print(problem)
    print(
        f"azure-batch under faults: {len(parts)} parts, {coverage.requests} responses in {time.monotonic() - start:.1f} s: "
        f"{failed} parts failed, {len(problems)} problems"
    )
    return 1 if failed or problems else 0


if __name__ == "__main__":
    sys.exit(main())
