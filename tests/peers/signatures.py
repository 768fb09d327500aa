"""Would the official client sign our requests as we do? Asked for every operation, with all its parameters and with
only those that it needs.

The example `call` sends each request to a server here that keeps it as it arrives: request line, headers, body.
`SharedKeyAuth` of azure-batch, Microsoft's own signer, then signs what arrived, without our Authorization, and must
come to the same one. So this covers what a test of the signer alone cannot: that what is signed is what is sent.

The example `signed_request` of batch-auth does the same for requests that are not of our client: a plain HTTP client
wrapped with the signing middleware sends them.

    python tests/peers/signatures.py       with BATCH_CALL and BATCH_SIGNED_REQUEST naming the built examples

Where the official signer departs from the service (it signs the first of two query values of one name, leaves blank
ones out, and takes what follows a `;` out of the path), our requests give it no occasion: no such query goes out, and
`;` is percent-encoded. Every request here shows that, none is excepted: see `occasions`.
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
# How long one call may take; it takes some milliseconds.
PATIENCE = 30

# Everything that a URL gives a meaning to, blanks, and characters of two, three and four bytes.
ODD = "a b+c%2Fd&e=f?g#h;i:j@k!l$m'n(o)p*q,r[s]t\"u|v^w~x{y}z/1\\2 ä €\U0001f600"


class Description:
    """`spec/BatchService.json` with its links followed."""

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
        """A value with every property that the description names."""
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
    """One operation: the arguments of a call, and an answer to it."""

    def __init__(self, description, path, method, operation):
        self.description = description
        self.path = path
        self.method = method
        self.id = operation["operationId"]
        parameters = [description.resolve(p) for p in operation["parameters"]]
        self.bodies = [p for p in parameters if p["in"] == "body"]
        # The client sends its version itself.
        self.parameters = [
            p for p in parameters if p["in"] != "body" and p["name"] != "api-version"
        ]
        self.status, response = next(
            (int(code), description.resolve(response))
            for code, response in operation["responses"].items()
            if code.startswith("2")
        )
        # Of every model, all fields of an answer are optional.
        self.answer = b"{}" if "schema" in response and method != "head" else b""

    def arguments(self, everything):
        """Values of the parameters by name: of all, or of those that it needs."""
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
    """A value for the command line."""
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
        # With its name, so that no two of them can be mistaken for each other.
        return ODD + parameter["name"]
    return "bytes=0-1023" if parameter["name"] == "ocp-range" else '"0x8D4, BCC; 2E+48%35"'


class Server:
    """Takes requests of one call as bytes, since HTTP libraries tidy up what they read."""

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
                connection.settimeout(PATIENCE)
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
        # Only the blank after the colon goes; a blank within a value is signed.
        self.headers = [tuple(field.split(": ", 1)) for field in fields]
        length = int(dict(self.named("content-length")).get("content-length", 0))
        while len(self.body) < length:
            self.body += receive(connection)

    def named(self, name):
        return [(k.lower(), v) for k, v in self.headers if k.lower() == name]


def receive(connection):
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the request ends in its middle")
    return data


class Signer(SharedKeyAuth):
    """The official signer, which keeps the string that it signs."""

    def _sign_string(self, string_to_sign):
        self.string_to_sign = string_to_sign
        return super()._sign_string(string_to_sign)


def official(request, url):
    """The Authorization that the official client gives the request, and what it signs for it."""
    prepared = requests.PreparedRequest()
    # Set and not prepared: preparing would encode the address anew.
    prepared.method = request.method
    prepared.url = url + request.target
    prepared.headers = requests.structures.CaseInsensitiveDict(
        (name, text) for name, text in request.headers if name.lower() != "authorization"
    )
    signer = Signer("Authorization", ACCOUNT, KEY)
    signer(prepared)
    return prepared.headers["Authorization"], signer.string_to_sign


def occasions(request):
    """What of the request the official signer is known to sign otherwise than the service does."""
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


def unsent(operation, arguments, body, request):
    """Which arguments the request does not have."""
    path, _, query = request.target.partition("?")
    query = urllib.parse.parse_qs(query, strict_parsing=True)
    headers = {name.lower(): text for name, text in request.headers}
    if request.method != operation.method.upper():
        yield f"the method is {request.method}"
    # Between the fixed parts of the path stands what is percent-encoded, without slashes or commas.
    fixed_and_names = re.split(r"{(\w+)}", operation.path)
    fixed, names = fixed_and_names[::2], fixed_and_names[1::2]
    found = re.fullmatch("([^/,()]+)".join(map(re.escape, fixed)), path)
    if not found or [urllib.parse.unquote(t) for t in found.groups()] != [arguments[n] for n in names]:
        yield f"the path is {path}"
    for parameter in operation.parameters:
        name = parameter["name"]
        if name not in arguments or parameter["in"] == "path":
            continue
        texts = query.get(name, []) if parameter["in"] == "query" else [headers.get(name.lower())]
        # Dates go out in another form than that of the command line.
        is_date = parameter.get("format", "").startswith("date-time")
        if len(texts) != 1 or not (texts[0] if is_date else texts[0] == arguments[name]):
            yield f"{name} is {texts}, not {arguments[name]!r}"
    if bool(body) != bool(request.body):
        yield f"a body of {len(request.body)} bytes for one of {len(body or b'')}"


def unlike(request, server):
    """How the signature of a request differs from the official one, and why that could be."""
    for what in occasions(request):
        yield f"it has {what}, see the docs of this script"
    theirs, signed = official(request, server.url)
    ours = dict(request.named("authorization")).get("authorization")
    if ours != theirs:
        yield f"signed as {ours}, officially {theirs} over {signed!r}"


def check(operation, everything):
    """What is wrong with the call's request; nothing where all is well."""
    arguments, body = operation.arguments(everything), operation.body(everything)
    server = Server(operation)
    command = [os.environ["BATCH_CALL"], "--url", server.url, "--account", ACCOUNT, "--key", KEY]
    if body is not None:
        command += ["--body", "-"]
    command += [operation.id, *(f"{name}={text}" for name, text in arguments.items())]
    try:
        called = subprocess.run(command, input=body or b"", capture_output=True, timeout=PATIENCE)
    finally:
        server.close()
    if called.returncode != 0:
        return [f"exit {called.returncode}: {called.stderr.decode('utf-8', 'replace').strip()}"]
    if len(server.requests) != 1:
        return [f"{len(server.requests)} requests"]
    request = server.requests[0]
    return [*unlike(request, server), *unsent(operation, arguments, body, request)]


VERSION = "api-version=2024-02-01.19.0"
JSON = "Content-Type: application/json; odata=minimalmetadata"
QUOTED = urllib.parse.quote(ODD, safe="")
DATE = "Tue, 05 Mar 2024 01:02:03 GMT"
FILTER = f"&$filter=startswith(id,%27{QUOTED}%27)+or+state+eq+%27active%27"
BODY = json.dumps({"id": "j", "displayName": ODD}, ensure_ascii=False)

# Method, target, headers, body. The middleware sets the length, and the date except for one.
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
    """What is wrong with a request that goes through the middleware."""
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
        sent = subprocess.run(command, env=os.environ | variables, capture_output=True, timeout=PATIENCE)
    finally:
        server.close()
    if sent.returncode != 0:
        return [f"exit {sent.returncode}: {sent.stderr.decode('utf-8', 'replace').strip()}"]
    if len(server.requests) != 1:
        return [f"{len(server.requests)} requests"]
    request = server.requests[0]
    problems = list(unlike(request, server))
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
            print(f"{name} does not name the built example")
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
        f"{failed} signed otherwise or not as asked"
    )
    return 1 if failed or not operations else 0


if __name__ == "__main__":
    sys.exit(main())
