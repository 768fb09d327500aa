"""The official Python client before the emulator, and how the scripts here assert on it."""

import time
import urllib.parse

from azure.batch import BatchServiceClient
from azure.batch.batch_auth import SharedKeyAuth, SharedKeyCredentials
from azure.batch.models import BatchErrorException

# How long something may take that the service is to come to by itself.
PATIENCE = 20


class Credentials(SharedKeyCredentials):
    """The official credentials; the coverage hears of every request that they sign, and of its status."""

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
    # Requests that fail are to be seen here and not repeated.
    official.config.retry_policy.retries = 0
    official.config.keep_alive = True
    return official


def equal(found, wanted):
    assert found == wanted, f"{found!r}, not {wanted!r}"


def kinds(value, **expected):
    """Holds the types of a model's fields, as the client read them."""
    for name, kind in expected.items():
        found = getattr(value, name)
        assert isinstance(found, kind), f"{name} is {found!r}, not of {kind}"


def refused(status, code, call, *arguments, **named):
    """Holds that the client raises the service's error; gives it."""
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
    raise AssertionError(f"{call.__qualname__} gave {answer!r} and not {status} {code}")


def values(error):
    """The values of a service's error by key."""
    return {detail.key: detail.value for detail in error.error.values or []}


def until(what, condition):
    """Waits for something that the service comes to by itself; gives what the condition gave."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"after {PATIENCE} s: not {what}")
