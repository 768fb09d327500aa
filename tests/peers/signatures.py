"""Checks that the official client signs our requests as we do, for every operation, once with all of its parameters and
once with only the required ones.

The `call` example sends each request to a server here that records it as it arrives: request line, headers, body.
`SharedKeyAuth` from azure-batch, Microsoft's own signer, then signs the received request without our Authorization, and
must produce the same one. This covers what a test of the signer alone cannot: that the signed request is the one sent.

The `signed_request` example of batch-auth does the same for requests from other clients: it sends them with a plain HTTP
client wrapped with the signing middleware.

    python tests/peers/signatures.py       with BATCH_CALL and BATCH_SIGNED_REQUEST naming the built examples

The official signer differs from the service in some cases: it signs only the first of two query values with the same
name, omits blank ones, and drops whatever follows a `;` in the path. Our requests avoid these cases: no such query is
sent, and `;` is percent-encoded. The script checks this for every request, without exceptions: see `known_differences`.
"""

import base64
import concurrent.futures
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import types
import urllib.parse

import requests
from azure.batch.batch_auth import SharedKeyAuth

ROOT = pathlib.Path(os.environ.get("BATCH_ROOT", pathlib.Path(__file__).parents[2]))
ACCOUNT = "peeraccount"
KEY = base64.b64encode(bytes(range(64))).decode()
# Timeout for one call, which normally takes some milliseconds, in seconds.
TIMEOUT = 30

# Every character with a meaning in URLs, spaces, and characters of two, three and four bytes.
ODD = "a b+c%2Fd&e=f?g#h;i:j@k!l$m'n(o)p*q,r[s]t\"u|v^w~x{y}z/1\\2 ä €\U0001f600"


class Description:
    """`spec/BatchService.json` with references resolved."""

    def __init__(self, path):
        self.document = json.loads(path.read_text(encoding="utf-8"))

    def resolve(self, node):
        while "$ref" in node:
            steps = node["$ref"].removeprefix("#/").split("/")
            node = self.document
            for step in steps:
                node = node[step]
        return node

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield Operation(self, path, method, operation)

    def body(self, schema):
        """Returns a value with every property of a schema."""
        schema = self.resolve(schema)
        kind = schema.get("type", "object")
        if kind == "object" and "properties" in schema:
            properties = schema["properties"].items()
            return {name: self.body(property) for name, property in properties}
        if kind == "object":
            return {"name": "välue"}
        if kind == "array":
            return [self.body(schema["items"])] * 2
        if "enum" in schema:
            return schema["enum"][-1]
        return {
            "boolean": True,
            "integer": schema.get("maximum", 7),
            "number": 2.5,
            "string": {
                "date-time": "2024-03-05T01:02:03.1234567Z",
                "duration": "PT1H30M",
            }.get(schema.get("format"), ODD),
        }[kind]


class Operation:
    """An operation, with the arguments of a call and the response to it."""

    def __init__(self, description, path, method, operation):
        self.description = description
        self.path = path
        self.method = method
        self.id = operation["operationId"]
        parameters = [description.resolve(p) for p in operation["parameters"]]
        self.bodies = [p for p in parameters if p["in"] == "body"]
        # The client sends the API version itself.
        self.parameters = [
            p for p in parameters if p["in"] != "body" and p["name"] != "api-version"
        ]
        self.status, response = next(
            (int(code), description.resolve(response))
            for code, response in operation["responses"].items()
            if code.startswith("2")
        )
        # In every model, all fields of a response are optional.
        self.answer = b"{}" if "schema" in response and method != "head" else b""

    def arguments(self, everything):
        """Returns values by name, for all parameters or only for the required ones."""
        return {
            p["name"]: value(p) for p in self.parameters if everything or p.get("required")
        }

    def body(self, everything):
        for body in self.bodies:
            if everything or body.get("required"):
                text = json.dumps(self.description.body(body["schema"]), ensure_ascii=False)
                return text.encode("utf-8")
        return None


def value(parameter):
    """Returns a value as it is written on the command line."""
    form = parameter.get("format")
    if parameter["type"] == "boolean":
        return "true"
    if parameter["type"] == "integer":
        return str(parameter.get("maximum", 30))
    if form in ("date-time", "date-time-rfc1123"):
        return "2024-03-05T01:02:03.25Z"
    if form == "uuid":
        return "0f8fad5b-d9cb-469f-a165-70867728950e"
    if parameter["in"] != "header":
        # Includes the name, so that no two parameters can be mistaken for each other.
        return ODD + parameter["name"]
    return "bytes=0-1023" if parameter["name"] == "ocp-range" else '"0x8D4, BCC; 2E+48%35"'


class Server:
    """Receives the requests of one call as bytes, because HTTP libraries normalize what they read."""

    def __init__(self, operation):
        self.operation = operation
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def close(self):
        # A thread in `accept` does not notice that its socket is closed; a connection wakes it.
        self.operation = None
        socket.create_connection(self.listener.getsockname()).close()
        self.thread.join()
        self.listener.close()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                operation = self.operation
                if operation is None:
                    return
                connection.settimeout(TIMEOUT)
                self.requests.append(Request(connection))
                connection.sendall(
                    b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\nconnection: close\r\n\r\n%b"
                    % (operation.status, len(operation.answer), operation.answer)
                )


class Request:
    """A request as it arrived."""

    def __init__(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            data += receive(connection)
        head, _, self.body = data.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = line.split(" ")
        # Only the space after the colon is removed; spaces within a value are signed.
        self.headers = [tuple(field.split(": ", 1)) for field in fields]
        length = int(dict(self.named("content-length")).get("content-length", 0))
        while len(self.body) < length:
            self.body += receive(connection)

    def named(self, name):
        return [(k.lower(), v) for k, v in self.headers if k.lower() == name]


def receive(connection):
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the connection closed before the end of the request")
    return data


class Signer(SharedKeyAuth):
    """The official signer, which also stores the string that it signs."""

    def _sign_string(self, string_to_sign):
        self.string_to_sign = string_to_sign
        return super()._sign_string(string_to_sign)


def official(request, url):
    """Returns the official client's Authorization for the request, and the string it signs."""
    prepared = requests.PreparedRequest()
    # Assigned directly, because `prepare` would encode the URL again.
    prepared.method = request.method
    prepared.url = url + request.target
    prepared.headers = requests.structures.CaseInsensitiveDict(
        (name, text) for name, text in request.headers if name.lower() != "authorization"
    )
    signer = Signer("Authorization", ACCOUNT, KEY)
    signer(prepared)
    return prepared.headers["Authorization"], signer.string_to_sign


def known_differences(request):
    """Yields the features of a request that the official signer is known to sign differently from the service."""
    path, _, query = request.target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    names = [name for name, _, _ in pairs]
    if ";" in path:
        yield "a `;` in the path"
    if len(names) != len(set(names)):
        yield "a query parameter twice"
    if any(not text for _, _, text in pairs):
        yield "a query parameter without a value"
    headers = [name.lower() for name, _ in request.headers]
    if len(headers) != len(set(headers)):
        yield "a header twice"


def missing_arguments(operation, arguments, body, request):
    """Yields the arguments that are missing from the request or differ."""
    path, _, query = request.target.partition("?")
    query = urllib.parse.parse_qs(query, strict_parsing=True)
    headers = {name.lower(): text for name, text in request.headers}
    if request.method != operation.method.upper():
        yield f"the method is {request.method}"
    # Percent-encoded values, without slashes or commas, are between the fixed parts of the path.
    fixed_and_names = re.split(r"{(\w+)}", operation.path)
    fixed, names = fixed_and_names[::2], fixed_and_names[1::2]
    found = re.fullmatch("([^/,()]+)".join(map(re.escape, fixed)), path)
    if not found or [urllib.parse.unquote(t) for t in found.groups()] != [arguments[n] for n in names]:
        yield f"the path is {path}"
    for parameter in operation.parameters:
        name = parameter["name"]
        if name not in arguments or parameter["in"] == "path":
            continue
        values = query.get(name, []) if parameter["in"] == "query" else [headers.get(name.lower())]
        # Dates are sent in another form than on the command line.
        is_date = parameter.get("format", "").startswith("date-time")
        if len(values) != 1 or not (values[0] if is_date else values[0] == arguments[name]):
            yield f"{name} is {values}, expected {arguments[name]!r}"
    if bool(body) != bool(request.body):
        yield f"the body has {len(request.body)} bytes, expected {len(body or b'')}"


def signature_problems(request, server):
    """Yields how a request's signature differs from the official one, and possible reasons."""
    for what in known_differences(request):
        yield f"the request has {what}; see the docstring of this script"
    theirs, signed = official(request, server.url)
    ours = dict(request.named("authorization")).get("authorization")
    if ours != theirs:
        yield f"signed as {ours}, officially {theirs} over {signed!r}"


def check(operation, everything):
    """Returns the problems of the call's request."""
    arguments, body = operation.arguments(everything), operation.body(everything)
    server = Server(operation)
    command = [os.environ["BATCH_CALL"], "--url", server.url, "--account", ACCOUNT, "--key", KEY]
    if body is not None:
        command += ["--body", "-"]
    command += [operation.id, *(f"{name}={text}" for name, text in arguments.items())]
    try:
        called = subprocess.run(command, input=body or b"", capture_output=True, timeout=TIMEOUT)
    finally:
        server.close()
    if called.returncode != 0:
        return [f"exit {called.returncode}: {called.stderr.decode('utf-8', 'replace').strip()}"]
    if len(server.requests) != 1:
        return [f"{len(server.requests)} requests"]
    request = server.requests[0]
    return [*signature_problems(request, server), *missing_arguments(operation, arguments, body, request)]


VERSION = "api-version=2024-02-01.19.0"
JSON = "Content-Type: application/json; odata=minimalmetadata"
QUOTED = urllib.parse.quote(ODD, safe="")
DATE = "Tue, 05 Mar 2024 01:02:03 GMT"
FILTER = f"&$filter=startswith(id,%27{QUOTED}%27)+or+state+eq+%27active%27"
BODY = json.dumps({"id": "j", "displayName": ODD}, ensure_ascii=False)

# Method, target, headers, body. The middleware sets the length, and the date except in one case.
WRAPPED = [
    ("GET", f"/jobs?{VERSION}", [], None),
    ("GET", f"/jobs?maxresults=5&{VERSION}&$select=id,state&$expand=stats", [], None),
    ("GET", f"/jobs?{VERSION}{FILTER}", [], None),
    ("GET", f"/jobs/{QUOTED}/tasks/{QUOTED}?{VERSION}", ['If-None-Match: "0x8D4"'], None),
    ("GET", f"/jobs/j/tasks/t/files/wd%2Fa%20b.txt?{VERSION}", ["ocp-range: bytes=0-1023"], None),
    ("GET", f"/jobs/j?{VERSION}", [f"ocp-date: {DATE}"], None),
    ("GET", f"/jobs/j/tasks/t/files/stdout.txt?{VERSION}", ["Range: bytes=0-1023"], None),
    ("HEAD", f"/pools/p?{VERSION}&timeout=30", ["client-request-id: 0f8fad5b"], None),
    ("POST", f"/jobs?{VERSION}", [JSON], BODY),
    ("POST", f"/jobs/j/enable?{VERSION}", [], None),
    ("PUT", f"/jobs/j?{VERSION}", [JSON, "If-Match: 0x8D4"], BODY),
    ("PATCH", f"/jobs/j?{VERSION}", [JSON, f"If-Modified-Since: {DATE}"], "{}"),
    ("DELETE", f"/jobs/j?{VERSION}", [f"If-Unmodified-Since: {DATE}"], None),
    ("DELETE", f"/certificates(thumbprintAlgorithm=sha1,thumbprint=ab)?{VERSION}", [], None),
]


def check_wrapped(method, target, headers, body):
    """Returns the problems of a request sent through the middleware."""
    answer = b"" if method == "HEAD" else b"{}"
    server = Server(types.SimpleNamespace(status=200, answer=answer))
    command = [os.environ["BATCH_SIGNED_REQUEST"], method, target, *headers]
    if body is not None:
        command += ["--body", body]
    variables = {
        "AZURE_BATCH_ENDPOINT": server.url,
        "AZURE_BATCH_ACCOUNT": ACCOUNT,
        "AZURE_BATCH_ACCESS_KEY": KEY,
    }
    try:
        sent = subprocess.run(command, env=os.environ | variables, capture_output=True, timeout=TIMEOUT)
    finally:
        server.close()
    if sent.returncode != 0:
        return [f"exit {sent.returncode}: {sent.stderr.decode('utf-8', 'replace').strip()}"]
    if len(server.requests) != 1:
        return [f"{len(server.requests)} requests"]
    request = server.requests[0]
    problems = list(signature_problems(request, server))
    if (request.method, urllib.parse.unquote(request.target)) != (method, urllib.parse.unquote(target)):
        problems.append(f"sent as {request.method} {request.target}")
    if request.body != (body or "").encode("utf-8"):
        problems.append(f"sent with the body {request.body!r}")
    if len(request.named("ocp-date")) != 1:
        problems.append("sent without `ocp-date`")
    if (method not in ("GET", "HEAD")) != bool(request.named("content-length")):
        problems.append(f"the length is {request.named('content-length')}")
    return problems


def main():
    for name in ("BATCH_CALL", "BATCH_SIGNED_REQUEST"):
        if not os.environ.get(name):
            print(f"{name} must name the built example")
            return 1
    description = Description(ROOT / "spec/BatchService.json")
    operations = list(description.operations())
    calls = [(operation, everything) for operation in operations for everything in (True, False)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        results = list(pool.map(lambda call: check(*call), calls))
        wrapped = list(pool.map(lambda request: check_wrapped(*request), WRAPPED))
    failed = 0
    for (operation, everything), problems in zip(calls, results):
        failed += bool(problems)
        for problem in problems:
            print(f"{operation.id}, {'all' if everything else 'required'} parameters: {problem}")
    for (method, target, _, _), problems in zip(WRAPPED, wrapped):
        failed += bool(problems)
        for problem in problems:
            print(f"{method} {target} through the middleware: {problem}")
    print(
        f"{len(operations)} operations, {len(calls)} requests, {len(wrapped)} through the middleware: "
        f"{failed} signed differently or sent with other arguments"
    )
    return 1 if failed or not operations else 0


if __name__ == "__main__":
    sys.exit(main())
