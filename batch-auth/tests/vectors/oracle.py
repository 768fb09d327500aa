"""Computes the expected files of every case here with Microsoft's own Python client.

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install azure-batch==14.2.0
    /tmp/oracle/bin/python batch-auth/tests/vectors/oracle.py

Reads <case>/request.json; writes <case>/string-to-sign.txt and <case>/authorization.txt.
"""

import json
import pathlib

from azure.batch.batch_auth import SharedKeyAuth


class Recorder(SharedKeyAuth):
    """The client's signer, which also stores the string that it signs."""

    def _sign_string(self, string_to_sign):
        self.string_to_sign = string_to_sign
        return super()._sign_string(string_to_sign)


class Request:
    """The parts of a request that the signer reads. `requests.Request` would encode the URL again."""

    def __init__(self, case):
        self.method = case["method"]
        self.url = "https://vectoracct.northeurope.batch.azure.com" + case["target"]
        self.headers = dict(case["headers"])


for path in sorted(pathlib.Path(__file__).parent.glob("*/request.json")):
    case = json.loads(path.read_text(encoding="utf-8"))
    signer = Recorder("Authorization", case["account"], case["key"])
    request = signer(Request(case))
    for name, text in [
        ("string-to-sign.txt", signer.string_to_sign),
        ("authorization.txt", request.headers["Authorization"]),
    ]:
        (path.parent / name).write_bytes(text.encode("utf-8"))
