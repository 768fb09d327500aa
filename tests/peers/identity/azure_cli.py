"""Checks that the client reads the Azure CLI's configuration as the Azure CLI does.

knack is the library by which the Azure CLI keeps its configuration. It writes files that the example `call` reads, and
it says what each file and each variable mean: account, endpoint, mode and key that `call` uses have to be the same, key
by key. What `call` uses is seen from outside: the request that arrives, and whose key signed it. The file itself is
never written by ours; `Config::save` writes profiles, which the Azure CLI does not read.

    python tests/peers/identity/azure_cli.py       with BATCH_CALL naming the built example
"""

import base64
import configparser
import contextlib
import hashlib
import hmac
import http.server
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import threading
import urllib.parse

from knack.config import CLIConfig

SECTION = "batch"
OPTIONS = ("account", "endpoint", "auth_mode", "access_key")
VARIABLES = {option: f"AZURE_BATCH_{option.upper()}" for option in OPTIONS}
FILE_KEY = base64.b64encode(b"the key in the file").decode()
VARIABLE_KEY = base64.b64encode(b"the key in the variable").decode()
ODD_KEY = base64.b64encode(b"\xfb\xff\xfe a key with slashes, pluses and signs of equality").decode()
KEYS = (FILE_KEY, VARIABLE_KEY, ODD_KEY)


class Recorder(http.server.BaseHTTPRequestHandler):
    """A service without pools, which remembers who called last."""

    seen = None

    def do_GET(self):
        Recorder.seen = caller(self)
        body = b'{"value":[]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def caller(request):
    """The account and the key of a signed request."""
    scheme, _, rest = request.headers["Authorization"].partition(" ")
    assert scheme == "SharedKey", scheme
    account, _, signature = rest.partition(":")
    url = urllib.parse.urlsplit(request.path)
    own = sorted((name.lower(), value) for name, value in request.headers.items() if name.lower().startswith("ocp-"))
    standard = [request.headers.get(name, "") for name in (
        "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
        "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
    )]
    query = sorted(urllib.parse.parse_qsl(url.query))
    text = "\n".join([
        "GET", *standard, *(f"{name}:{value}" for name, value in own),
        f"/{account}{url.path}", *(f"{name}:{value}" for name, value in query),
    ])
    for key in KEYS:
        digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
        if base64.b64encode(digest).decode() == signature:
            return account, key
    return account, f"none of the keys ({text!r})"


class Case:
    """A folder for the Azure CLI, and variables."""

    def __init__(self, folder, url):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "config"
        self.url = url
        self.variables = {}

    def knack(self):
        return CLIConfig(config_dir=str(self.folder), config_env_var_prefix="AZURE", config_file_name="config")

    def write(self, **values):
        """Writes by knack, as `az batch account login` does."""
        for option, value in values.items():
            self.knack().set_value(SECTION, option, value)

    def az(self):
        """What the Azure CLI finds; `None` where it does not read the file."""
        with variables(self.variables):
            try:
                config = self.knack()
                return {option: config.get(SECTION, option, None) for option in OPTIONS}
            except (configparser.Error, UnicodeDecodeError):
                return None

    def call(self):
        """What `call` does: the account and the key by which it called, or its error."""
        Recorder.seen = None
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "AZ_BATCH_"))}
        home = str(self.folder / "home")
        clean.update(HOME=home, USERPROFILE=home, XDG_CONFIG_HOME=home, APPDATA=home, NO_PROXY="127.0.0.1")
        clean.update(AZURE_CONFIG_DIR=str(self.folder), **self.variables)
        done = subprocess.run(
            [os.environ["BATCH_CALL"], "Pool_List"], env=clean, capture_output=True, text=True, check=False, timeout=60,
        )
        for key in KEYS:
            assert key not in done.stderr, done.stderr
        return Recorder.seen or done.stderr


@contextlib.contextmanager
def variables(values):
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def agree(case):
    """Both find the same account, endpoint and key, and the mode asks for a key."""
    found = case.az()
    assert found["auth_mode"] in (None, "shared_key"), found
    endpoint = found["endpoint"]
    assert endpoint.rstrip("/") == case.url, found
    used = case.call()
    expected = (found["account"], found["access_key"])
    assert used == expected, f"the Azure CLI has {expected}, and call {used}"


def login(case):
    """A file as `az batch account login` leaves it."""
    case.write(account="file", endpoint=f"{case.url}/", auth_mode="shared_key", access_key=FILE_KEY)
    assert stat.S_IMODE(case.path.stat().st_mode) == 0o600
    agree(case)


def each_variable_wins(case):
    login(case)
    for option, value in (("account", "variable"), ("access_key", VARIABLE_KEY), ("auth_mode", "shared_key")):
        case.variables = {VARIABLES[option]: value}
        agree(case)
    # The endpoint in the file is that of nobody.
    case.write(endpoint="http://127.0.0.1:9")
    case.variables = {VARIABLES["endpoint"]: case.url}
    agree(case)


def variables_need_no_file(case):
    case.variables = {
        VARIABLES["account"]: "variable", VARIABLES["access_key"]: VARIABLE_KEY, VARIABLES["endpoint"]: case.url,
    }
    agree(case)


def other_sections_are_others(case):
    for section in ("core", "Batch", "batchai"):
        case.knack().set_value(section, "account", "other")
        case.knack().set_value(section, "access_key", VARIABLE_KEY)
    assert case.az() == dict.fromkeys(OPTIONS)
    assert "AZURE_BATCH_ENDPOINT" in case.call()
    login(case)


def no_mode_is_a_key(case):
    case.write(account="file", endpoint=case.url, access_key=FILE_KEY)
    agree(case)
    # The mode is that of the file, and so is its absence.
    case.write(auth_mode="")
    assert case.call() == ("file", FILE_KEY)


def aad_ignores_every_key(case):
    """The rule of the Azure CLI itself, above knack: with this mode, it does not look for a key."""
    case.write(account="file", endpoint=case.url, access_key=FILE_KEY, auth_mode="aad")
    for more in ({}, {VARIABLES["access_key"]: VARIABLE_KEY}):
        case.variables = more
        assert case.az()["auth_mode"] == "aad"
        assert "Microsoft Entra ID" in case.call()
    # A variable replaces the mode, in both directions.
    case.variables = {VARIABLES["auth_mode"]: "shared_key"}
    agree(case)
    case.write(auth_mode="shared_key")
    case.variables = {VARIABLES["auth_mode"]: "aad"}
    assert case.az()["auth_mode"] == "aad"
    assert "Microsoft Entra ID" in case.call()


def unknown_modes_are_errors(case):
    """The Azure CLI takes any other mode for a key; ours refuses a word that it does not know."""
    case.write(account="file", endpoint=case.url, access_key=FILE_KEY, auth_mode="AAD")
    assert case.az()["auth_mode"] == "AAD"
    assert "auth_mode is `AAD`" in case.call()


def signs_are_part_of_values(case):
    for key in (ODD_KEY, FILE_KEY):
        case.write(account="a", endpoint=case.url, access_key=key)
        agree(case)
    # Quotes and text behind a value are part of it; a comment is a whole line.
    for value in ("acct ; mine", "acct # mine", '"acct"', "a=b:c"):
        text = (
            f"# one\n; two\n[batch]\n  # three\naccount = {value}\nendpoint : {case.url}\nACCESS_KEY={FILE_KEY}\n"
        )
        case.path.write_text(text, encoding="utf-8")
        assert case.az()["account"] == value
        # Such a name is none, so it is refused rather than sent; what is refused is the same text.
        used = case.call()
        assert value in str(used) or used[0] == value, (value, used)


def percent_signs(case):
    text = f"[batch]\nname = fi\naccount = %(name)sle\nendpoint = {case.url}\naccess_key = {FILE_KEY}\n"
    case.path.write_text(text, encoding="utf-8")
    assert case.az()["account"] == "file"
    agree(case)
    case.path.write_text(text.replace("%(name)sle", "a%%b"), encoding="utf-8")
    assert case.az()["account"] == "a%b"
    for wrong in ("5%", "%(nothing)s", "%(account)s"):
        case.path.write_text(text.replace("%(name)sle", wrong), encoding="utf-8")
        assert case.az() is None, wrong
        assert "[batch] account: " in case.call(), wrong
    # In [DEFAULT], an option is one of every section.
    text = f"[DEFAULT]\naccount = file\n[batch]\nendpoint = {case.url}\naccess_key = {FILE_KEY}\n"
    case.path.write_text(text, encoding="utf-8")
    agree(case)


def broken_files_are_refused_by_both(case):
    for text in (
        "account = a\n", "[batch]\naccount\n", "[batch]\naccount = a\nACCOUNT = b\n", "[batch]\n[batch]\n",
        "[batch]\n= a\n", "[batch\naccount = a\n",
    ):
        case.path.write_text(text, encoding="utf-8")
        assert case.az() is None, text
        used = case.call()
        assert f"cannot read {case.path}: line " in used, (text, used)
    case.path.write_bytes(b"[batch]\naccount = \xff\n")
    assert case.az() is None
    assert "line 2: it is not UTF-8" in case.call()


def lines_of_other_systems(case):
    for text in (
        f"[batch]\r\naccount = file\r\nendpoint = {case.url}\r\naccess_key = {FILE_KEY}\r\n",
        f"[batch]\naccount = file\n\n\nendpoint = {case.url}\n\t\naccess_key = {FILE_KEY}\n\n",
        f"  [batch]\n  account = file\n  endpoint = {case.url}\n  access_key = {FILE_KEY}\n",
    ):
        case.path.write_bytes(text.encode())
        agree(case)
    # A deeper line continues the value.
    for text in ("[batch]\naccount =\n  file\n", "[batch]\naccount = fi\n  le\n"):
        case.path.write_text(f"{text}endpoint = {case.url}\naccess_key = {FILE_KEY}\n", encoding="utf-8")
        assert "\n" in case.az()["account"]
        assert "invalid account name" in case.call()


def an_endpoint_without_a_scheme(case):
    """`az batch` puts `https://` before it, and so does `call`, which then speaks TLS to a service without."""
    case.write(account="file", endpoint=case.url.removeprefix("http://"), access_key=FILE_KEY)
    error = case.call()
    assert "the server does not speak TLS on this port" in error, error


def main():
    cases = [
        login, each_variable_wins, variables_need_no_file, other_sections_are_others, no_mode_is_a_key,
        aad_ignores_every_key, unknown_modes_are_errors, signs_are_part_of_values, percent_signs,
        broken_files_are_refused_by_both, lines_of_other_systems, an_endpoint_without_a_scheme,
    ]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    failed = 0
    # knack reads variables of this process, too.
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        del os.environ[name]
    for check in cases:
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(Case(folder, url))
            except AssertionError as error:
                failed += 1
                print(f"{check.__name__}: {error}")
    server.shutdown()
    print(f"{len(cases)} rules of the Azure CLI's configuration, by knack 0.14.0: {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
