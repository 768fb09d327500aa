"""The official Python client for the emulator, and the assertions that the scripts here share."""

import time
import urllib.parse

from azure.batch import BatchServiceClient
from azure.batch.batch_auth import SharedKeyAuth, SharedKeyCredentials
from azure.batch.models import BatchErrorException

# Maximum time for a state change that the service makes by itself, in seconds.
TIMEOUT = 20


class Credentials(SharedKeyCredentials):
    """The official credentials; they record every signed request and its status for the coverage."""

    def __init__(self, account, key, coverage):
        super().__init__(account, key)
        self.auth = RecordingAuth(self.header, account, key)
        self.auth.coverage = coverage


class RecordingAuth(SharedKeyAuth):
    def __call__(self, request):
        request = super().__call__(request)
        request.register_hook("response", self.record)
        return request

    def record(self, response, **_):
        path = urllib.parse.urlsplit(response.request.url).path
        self.coverage.record(response.request.method, path, response.status_code)


def client(url, account, key, coverage):
    official = BatchServiceClient(Credentials(account, key, coverage), url)
    # Failed requests should be visible here, not retried.
    official.config.retry_policy.retries = 0
    official.config.keep_alive = True
    return official


def equal(found, wanted):
    assert found == wanted, f"expected {wanted!r}, got {found!r}"


def check_types(value, **expected):
    """Checks the types of a model's fields, as read by the client."""
    for name, kind in expected.items():
        found = getattr(value, name)
        assert isinstance(found, kind), f"expected {name} to be of {kind}, got {found!r}"


def refused(status, code, call, *arguments, **named):
    """Checks that the client raises the service's error, and returns it."""
    try:
        answer = call(*arguments, **named)
        if hasattr(answer, "__next__"):
            answer = list(answer)
    except BatchErrorException as error:
        equal(error.response.status_code, status)
        if code is not None:
            equal(error.error.code, code)
            equal(error.error.message.lang, "en-US")
            lines = error.error.message.value.split("\n")
            assert lines[0] and lines[-2].startswith("RequestId:") and lines[-1].startswith("Time:"), lines
            equal(lines[-2].removeprefix("RequestId:"), error.response.headers["request-id"])
        return error
    raise AssertionError(f"expected {status} {code} from {call.__qualname__}, got {answer!r}")


def values(error):
    """Details of a service's error by key."""
    return {detail.key: detail.value for detail in error.error.values or []}


def until(what, condition):
    """Polls until the condition returns something true, and returns that."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"timed out after {TIMEOUT} s waiting for {what}")
