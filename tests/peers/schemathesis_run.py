"""Checks with generated requests that the emulator's responses always match the description.

For every operation, schemathesis generates requests from `spec/openapi.json`, both valid and invalid ones. No response
may be a server error, and each must match the description: status, media type, headers and body. For each kind of
failure, the shortest request found is printed.

    python tests/peers/schemathesis_run.py       with BATCH_EMULATOR naming the built program

BATCH_SCHEMATHESIS_REQUESTS is the minimum number of requests, 20,000 by default; the seed is fixed. The time is limited:
requests that cannot be sent within SECONDS count as a failure.

Requests get the following in place of generated values:

- a signature and `ocp-date`, without which every response would be a 403; one request in 40 keeps the generated ones;
- the API version, without which every response would be a 400; here, too, one in 40 keeps the generated one;
- ids of existing resources in most paths, without which nearly every response would be a 404;
- in half of the bodies, valid values for all but one of the properties, without which nearly every response would be a
  400.

The script changes the description where the live service deviates from it, see `described`:

- properties that `$select` does not name are absent, required or not, and so are those in `LEFT_OUT`;
- the contents of a file have the file's media type;
- a response to HEAD has no body, even if it is an error, and neither has a 304;
- a duration can have fractions of a second, which the format `duration` of JSON Schema does not allow.
"""

import base64
import concurrent.futures
import copy
import email.utils
import hashlib
import hmac
import json
import multiprocessing
import os
import re
import sys
import time
import traceback
import urllib.parse
import warnings
import zlib

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance, response_headers_conformance, response_schema_conformance, status_code_conformance,
)

import _emulator

REQUESTS = int(os.environ.get("BATCH_SCHEMATHESIS_REQUESTS", 20_000))
SECONDS = 420
# Timeout for one response, in seconds.
TIMEOUT = 20
SEED = 20240201
VERSION = "2024-02-01.19.0"
PROCESSES = 2
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]
# Required properties that responses may omit: secrets, and the name of an application, which is optional.
LEFT_OUT = {"UserAccount": {"password"}, "ApplicationSummary": {"displayName"}}
DURATION = r"^-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d{1,7})?S)?)?$"
# Requests without a body are quick to generate, so their operations get more of them.
WEIGHT_WITHOUT_BODY = 3

POOL = {
    "vmSize": "standard_d2s_v3", "targetDedicatedNodes": 2,
    "virtualMachineConfiguration": {
        "imageReference": {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"},
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        "extensions": [{"name": "e1", "publisher": "contoso", "type": "Monitor"}],
    },
    "userAccounts": [{"name": "u1", "password": "secret"}],
}
# Valid bodies.
VALID = {
    "Pool_Add": {"id": "g", **POOL},
    "Job_Add": {"id": "g", "poolInfo": {"poolId": "p1"}},
    "Job_Update": {"poolInfo": {"poolId": "p1"}},
    "Job_Disable": {"disableTasks": "requeue"},
    "Task_Add": {"id": "g", "commandLine": "echo"},
    "Task_AddCollection": {"value": [{"id": "g", "commandLine": "echo"}]},
    "JobSchedule_Add": {"id": "g", "schedule": {}, "jobSpecification": {"poolInfo": {"poolId": "p1"}}},
    "JobSchedule_Update": {"schedule": {}, "jobSpecification": {"poolInfo": {"poolId": "p1"}}},
    "Certificate_Add": {"thumbprintAlgorithm": "sha1", "thumbprint": "ab" * 20, "data": "MIIG"},
    "Pool_UpdateProperties": {"certificateReferences": [], "applicationPackageReferences": [], "metadata": []},
    "Pool_Resize": {"targetDedicatedNodes": 2},
    "Pool_EvaluateAutoScale": {"autoScaleFormula": "$TargetDedicatedNodes=1"},
    "Pool_EnableAutoScale": {"autoScaleFormula": "$TargetDedicatedNodes=1"},
    "ComputeNode_AddUser": {"name": "g", "password": "secret"},
    "ComputeNode_UploadBatchServiceLogs": {
        "containerUrl": "https://a.blob.core.windows.net/logs?sig=x", "startTime": "2024-02-02T10:00:00Z",
    },
}


class Sign(requests.auth.AuthBase):
    """Signs the request that is sent. The official signer fails for some requests generated here: it drops whatever follows
    a `;` in the path, query parameters without a value, and the second of two parameters with the same name."""

    def __init__(self, everything=True):
        self.everything = everything

    def __call__(self, request):
        if not self.everything:
            return request
        request.headers["ocp-date"] = email.utils.formatdate(usegmt=True)
        headers = {name.lower(): text(value) for name, value in request.headers.items()}
        signed = [
            "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
            "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
        ]
        lines = [request.method, *(headers.get(name, "").strip() for name in signed)]
        lines += [f"{name}:{value.strip()}" for name, value in sorted(headers.items()) if name.startswith("ocp-")]
        target = request.url[request.url.index("/", len("http://")):].partition("#")[0]
        path, _, query = target.partition("?")
        lines.append(f"/{_emulator.ACCOUNT}{path}")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        lines += [f"{name}:{value}" for name, value in sorted(pairs, key=lambda pair: pair[0].lower())]
        key = base64.b64decode(_emulator.KEY)
        signature = hmac.digest(key, "\n".join(lines).encode("utf-8"), hashlib.sha256)
        request.headers["Authorization"] = f"SharedKey {_emulator.ACCOUNT}:{base64.b64encode(signature).decode()}"
        return request


def text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def number(value):
    """Returns a number for a generated value, the same on every run."""
    return zlib.crc32(repr(value).encode("utf-8", "replace"))


def chance(value, of):
    """Returns True for one in `of` generated values."""
    return number(value) % of == 0


def described(lenient):
    """Returns the description with separate schemas for responses, in which fewer properties or none are required."""
    document = json.loads((_emulator.ROOT / "spec/openapi.json").read_text(encoding="utf-8"))
    components = document["components"]
    prefix = "#/components/schemas/"

    def rename(node):
        if isinstance(node, list):
            return [rename(item) for item in node]
        if not isinstance(node, dict):
            return node
        renamed = {key: rename(value) for key, value in node.items()}
        if renamed.get("format") == "duration":
            del renamed["format"]
            renamed["pattern"] = DURATION
        if str(renamed.get("$ref", "")).startswith(prefix):
            renamed["$ref"] += ".Answer"
        return renamed

    for name, schema in list(components["schemas"].items()):
        answer = rename(copy.deepcopy(schema))
        left_out = set(answer.get("required", [])) if lenient else LEFT_OUT.get(name, set())
        required = [property for property in answer.pop("required", []) if property not in left_out]
        if required:
            answer["required"] = required
        components["schemas"][f"{name}.Answer"] = answer
    components["responses"] = rename(components["responses"])
    for item in document["paths"].values():
        for method, operation in item.items():
            responses = operation["responses"] = rename(operation["responses"])
            for code, response in responses.items():
                response = dict(resolve(document, response))
                content = response.pop("content", None)
                if content and method != "head":
                    schemas = [media["schema"] for media in content.values()]
                    is_file = schemas[0].get("format") == "binary"
                    response["content"] = {"*/*": {"schema": schemas[0]}} if is_file else content
                responses[code] = response
            responses["304"] = {"description": "The resource has not been modified."}
    return schemathesis.openapi.from_dict(document)


def resolve(document, node):
    while "$ref" in node:
        steps = node["$ref"].removeprefix("#/").split("/")
        node = document
        for step in steps:
            node = node[step]
    return node


def by_id(description):
    found = (result.ok() for result in description.get_all_operations())
    return {operation.definition.raw["operationId"]: operation for operation in found}


class Known:
    """Resources that exist before the requests begin, and that replace generated values."""

    def __init__(self, url):
        self.url = url
        self.session = requests.Session()
        self.ids = {
            "poolId": ["p1", "p2", "P1"], "jobId": ["j1", "j2", "J1"], "taskId": ["t1", "t2", "t3"],
            "jobScheduleId": ["s1", "s2"], "userName": ["u1", "u2"], "extensionName": ["e1"],
            "thumbprintAlgorithm": ["sha1"], "thumbprint": ["cff2ab63c8c955aaf71989efa641b906558d9fb7"],
            "filePath": ["stdout.txt", "stderr.txt", "wd", "startup/stdout.txt"], "applicationId": ["calculator"],
        }
        self.ids["nodeId"] = []

    def send(self, method, path, body=None):
        url = f"{self.url}{path}{'&' if '?' in path else '?'}api-version={VERSION}"
        data = None if body is None else json.dumps(body).encode("utf-8")
        headers = {"Content-Type": "application/json; odata=minimalmetadata"} if body is not None else {}
        return self.session.request(method, url, data=data, headers=headers, auth=Sign(), timeout=TIMEOUT)

    def add(self):
        """Adds the resources that do not exist, or no longer exist."""
        for id in ("p1", "p2"):
            self.send("POST", "/pools", {"id": id, **POOL})
        for id in ("j1", "j2"):
            self.send("POST", "/jobs", {"id": id, "poolInfo": {"poolId": "p1"}})
            for task in ("t1", "t2", "t3"):
                self.send("POST", f"/jobs/{id}/tasks", {"id": task, "commandLine": "echo"})
        for id in ("s1", "s2"):
            specification = {"poolInfo": {"poolId": "p1"}}
            self.send("POST", "/jobschedules", {"id": id, "schedule": {}, "jobSpecification": specification})
        certificate = {"thumbprintAlgorithm": "sha1", "thumbprint": self.ids["thumbprint"][0], "data": "MIIG"}
        self.send("POST", "/certificates", certificate)
        nodes = self.send("GET", "/pools/p1/nodes").json().get("value", [])
        self.ids["nodeId"] = [node["id"] for node in nodes]

    def put_into(self, case):
        """Replaces some generated values with those of existing resources."""
        for name, value in dict(case.path_parameters or {}).items():
            if self.ids[name] and not chance(value, 8):
                chosen = self.ids[name][number(value) // 8 % len(self.ids[name])]
                case.path_parameters[name] = urllib.parse.quote(chosen, safe="")
        if isinstance(case.query, dict) and not chance(case.query.get("api-version"), 40):
            case.query["api-version"] = VERSION
        if isinstance(case.body, dict) and chance(case.body, 2):
            case.body = self.mostly_valid(case.operation.definition.raw["operationId"], case.body)

    def mostly_valid(self, id, body):
        valid = copy.deepcopy(VALID.get(id, {}))
        if "id" in valid:
            valid["id"] = f"g{number(body) % 300}"
        if id == "Pool_RemoveNodes":
            valid["nodeList"] = self.ids["nodeId"][:1]
        names = sorted(name for name in body if name not in ("id", "value"))
        if names:
            name = names[number(body) // 2 % len(names)]
            valid[name] = body[name]
        return valid


class Failures:
    """Collects the shortest failing request of each kind."""

    def __init__(self):
        self.count = 0
        self.shortest = {}

    def add(self, operation, error, shown):
        self.count += 1
        # Failures that differ only in numbers or quoted values are of the same kind.
        kind = (operation, re.sub(r"[0-9]+|\"[^\"]*\"|'[^']*'", "…", error)[:160])
        if kind not in self.shortest or len(shown) < len(self.shortest[kind][1]):
            self.shortest[kind] = (error, shown)


def schedule(share):
    """Returns the number of requests for each operation in a share."""
    documents = json.loads((_emulator.ROOT / "spec/openapi.json").read_text(encoding="utf-8"))["paths"]
    weights = {
        operation["operationId"]: 1 if "requestBody" in operation else WEIGHT_WITHOUT_BODY
        for item in documents.values()
        for operation in item.values()
    }
    total = sum(weights.values())
    # Rounded up, so that the total is not below the requested number.
    counts = {id: -(-REQUESTS * weight // total) for id, weight in weights.items()}
    return dict(list(sorted(counts.items()))[share::PROCESSES])


def work(url, share, deadline):
    """Sends the requests for a share of the operations; returns their number, the statuses and the failures."""
    warnings.simplefilter("ignore")
    for form in ("date-time-rfc1123", "duration"):
        samples = {
            "date-time-rfc1123": ["Fri, 02 Feb 2024 10:00:00 GMT", "Mon, 01 Jan 2035 00:00:00 GMT"],
            "duration": ["PT1H", "P1DT2H3M4.5S", "P10675199DT2H48M5.4775807S", "-PT1S", "PT0S"],
        }[form]
        schemathesis.openapi.format(form, strategies.sampled_from(samples))
    lenient, strict = by_id(described(lenient=True)), by_id(described(lenient=False))
    known = Known(url)
    known.add()
    failures, statuses, sent = Failures(), {}, {}
    session = requests.Session()

    def send(id, case):
        known.put_into(case)
        kept = chance((case.headers, case.query, case.body), 40)
        try:
            response = case.call(url, session=session, auth=Sign(not kept), timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            failures.add(id, f"no response: {error!r}", case.as_curl_command())
            return
        sent[id] = sent.get(id, 0) + 1
        statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
        try:
            case.validate_response(response, checks=CHECKS)
            selected = isinstance(case.query, dict) and any(name.lower() == "$select" for name in case.query)
            if response.status_code < 300 and not selected:
                strict[id].validate_response(response, case=case)
        except (FailureGroup, Failure) as group:
            errors = group.exceptions if isinstance(group, FailureGroup) else [group]
            for error in errors:
                what = f"{response.status_code}: {error.title}: {error.message}"
                failures.add(id, what, f"{case.as_curl_command()}\n    {response.text[:600]}")

    def run(id, mode, count, round):
        """Sends a number of requests, or fewer if no more distinct ones can be generated."""
        @seed(SEED + round)
        @settings(
            max_examples=count, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(lenient[id].as_strategy(generation_mode=mode))
        def every(case):
            if time.time() < deadline:
                send(id, case)
        every()

    for place, (id, count) in enumerate(schedule(share).items()):
        if place % 4 == 0:
            known.add()
        for round in range(8):
            left = count - sent.get(id, 0)
            if left <= 0 or time.time() > deadline:
                break
            for mode, part in ((GenerationMode.NEGATIVE, left // 4), (GenerationMode.POSITIVE, left - left // 4)):
                try:
                    if part:
                        run(id, mode, part, round)
                except Exception:
                    failures.add(id, f"cannot generate {mode}: {traceback.format_exc(limit=-3)}", "")
        if sent.get(id, 0) < count:
            failures.add(id, f"{sent.get(id, 0)} of {count} requests within {SECONDS} s", "")
    return sum(sent.values()), len(sent), statuses, failures


def main():
    start = time.time()
    options = ["--clock-speed", "20", "--application", "calculator=1.0"]
    with _emulator.service(*options, "--any-image") as service:
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
            shares = [pool.submit(work, service.url, share, start + SECONDS) for share in range(PROCESSES)]
            results = [share.result() for share in shares]
        problems = list(service.problems())
        after = Known(service.url).send("GET", "/pools")
        if after.status_code != 200:
            problems.append(f"listing pools at the end returned {after.status_code}: {after.text[:300]}")
    requests_sent = sum(sent for sent, *_ in results)
    operations = sum(count for _, count, *_ in results)
    statuses = {}
    failed = 0
    for _, _, some, failures in results:
        failed += failures.count
        for status, count in some.items():
            statuses[status] = statuses.get(status, 0) + count
        for (operation, _), (error, shown) in sorted(failures.shortest.items(), key=lambda item: len(item[1][1]))[:40]:
            print(f"{operation}: {error}\n    {shown}\n")
    for problem in problems:
        print(problem)
    if requests_sent < REQUESTS:
        problems.append("too few requests")
        print(f"expected {REQUESTS} requests, sent {requests_sent}")
    counts = ", ".join(f"{status} {count}" for status, count in sorted(statuses.items()))
    print(
        f"schemathesis {schemathesis.__version__}: {requests_sent} requests to {operations} operations in "
        f"{time.time() - start:.0f} s ({counts}): {failed} failures, {len(problems)} problems"
    )
    return 1 if failed or problems else 0


if __name__ == "__main__":
    sys.exit(main())
