"""The client azure-batch 15, its credentials, and the assertions of the scripts here."""

import time
import urllib.parse

import requests
from azure.batch import BatchClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy

# The version of the API that this client asks for.
VERSION = "2025-06-01"
# Maximum time for a state change that the service makes by itself, in seconds.
TIMEOUT = 20
SCOPE = "https://batch.core.windows.net/.default"


class Recorder(SansIOHTTPPolicy):
    """Records which operations succeeded, and that each request names the version."""

    def __init__(self, coverage):
        self.coverage = coverage

    def on_response(self, request, response):
        url = urllib.parse.urlsplit(request.http_request.url)
        equal(urllib.parse.parse_qs(url.query)["api-version"], [VERSION])
        self.coverage.record(request.http_request.method, url.path, response.http_response.status_code)


class Tokens:
    """A credential as azure-identity has them, for the token service of the emulator."""

    def __init__(self, url):
        self.url = f"{url}/tenant/oauth2/v2.0/token"
        self.asked = 0

    def get_token(self, *scopes, **_):
        self.asked += 1
        # The audience ends with a slash, which the package separates from `.default` with another.
        equal([scope.replace("net//", "net/") for scope in scopes], [SCOPE])
        form = {"grant_type": "client_credentials", "client_id": "peers", "client_secret": "batch-emulator",
                "scope": scopes[0]}
        response = requests.post(self.url, data=form, timeout=TIMEOUT)
        response.raise_for_status()
        token = response.json()
        return AccessToken(token["access_token"], int(time.time()) + int(token["expires_in"]))


def client(url, credential, coverage):
    # Failed requests should be visible here, not retried.
    return BatchClient(url, credential, per_call_policies=[Recorder(coverage)], retry_total=0)


def equal(found, wanted):
    assert found == wanted, f"expected {wanted!r}, got {found!r}"


def contains(found, given):
    """Checks that the service returns what it was given, beside its defaults."""
    if isinstance(given, dict):
        for key, value in given.items():
            contains(found.get(key), value)
    elif isinstance(given, list):
        equal(len(found), len(given))
        for one, other in zip(found, given):
            contains(one, other)
    else:
        equal(found, given)


def refused(status, code, call, *arguments, **named):
    """Checks that the client raises the service's error."""
    try:
        found = call(*arguments, **named)
        found = list(found) if hasattr(found, "__next__") else found
    except HttpResponseError as error:
        equal((error.status_code, error.error and error.error.code), (status, code))
        return
    raise AssertionError(f"expected {status} {code} from {call.__qualname__}, got {found!r}")


def until(what, condition):
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"timed out after {TIMEOUT} s waiting for {what}")
