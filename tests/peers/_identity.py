"""A token service with TLS, and an emulator that trusts its tokens, for the scripts in the folders here."""

import contextlib
import datetime
import ipaddress
import os
import pathlib
import subprocess
import tempfile

import azure.identity
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import _emulator

TENANT = "5f0a0b1c-0000-4000-8000-000000000001"
APPLICATION = "5f0a0b1c-0000-4000-8000-00000000000a"
SECRET = "pa~ss&word=1"
SCOPE = "https://batch.core.windows.net//.default"
# Variables of this machine that would lead elsewhere.
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Place:
    """Where the two services are."""

    def __init__(self, authority, batch):
        self.authority = authority
        self.batch = batch

    def credential(self, secret=SECRET, application=APPLICATION):
        """The official credential of a service principal."""
        return azure.identity.ClientSecretCredential(
            TENANT, application, secret, authority=self.authority, disable_instance_discovery=True,
        )


@contextlib.contextmanager
def services():
    """Starts both, and makes Python's HTTP clients trust their certificates."""
    for name in PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certificate, key = _certificate(folder)
        with _sts(certificate, key) as authority:
            ca = folder / "ca.pem"
            options = (
                "--tls", "--ca", str(ca), "--entra", f"{authority}/{TENANT}/v2.0",
                "--jwks", f"{authority}/{TENANT}/discovery/v2.0/keys", "--auth-modes", f"{_emulator.ACCOUNT}=aad",
            )
            with _emulator.service(*options, environment={"SSL_CERT_FILE": str(certificate)}) as batch:
                bundle = folder / "bundle.pem"
                bundle.write_bytes(certificate.read_bytes() + ca.read_bytes())
                os.environ["REQUESTS_CA_BUNDLE"] = str(bundle)
                yield Place(authority, batch)


@contextlib.contextmanager
def _sts(certificate, key):
    program = pathlib.Path(__file__).with_name("_sts.mjs")
    command = ["node", str(program), TENANT, APPLICATION, SECRET, str(certificate), str(key)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(timeout=_emulator.TIMEOUT)


def _certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peers")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(private.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    files = folder / "sts.pem", folder / "sts.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ))
    return files
