"""Checks that the official client works with the emulator by tokens of the official identity library.

azure-identity 1.27.0 gets tokens from oauth2-mock-server and gives them to azure-batch 14.2.0; the emulator, with TLS,
reads the keys of that issuer and refuses keys of the account. A wrong scope, a wrong secret and a changed token are
refused, each where the live services refuse them.

    python tests/peers/identity/tokens.py       with BATCH_EMULATOR naming the built program, and NODE_PATH
"""

import sys

from azure.batch import BatchServiceClient, models
from azure.batch.batch_auth import SharedKeyCredentials
from azure.batch.models import BatchErrorException
from azure.core.exceptions import ClientAuthenticationError
from msrest.authentication import BasicTokenAuthentication

import _emulator
import _identity


class Tokens(BasicTokenAuthentication):
    """A credential of azure-identity for a client of the generation before: a token for each request."""

    def __init__(self, credential, scope=_identity.SCOPE, change=lambda token: token):
        super().__init__({"access_token": ""})
        self.credential = credential
        self.scope = scope
        self.change = change

    def signed_session(self, session=None):
        token = self.credential.get_token(self.scope).token
        self.token = {"access_token": self.change(token)}
        return super().signed_session(session)


def client(place, credentials):
    official = BatchServiceClient(credentials, place.batch.url)
    official.config.retry_policy.retries = 0
    return official


def refused(place, credentials, status=401):
    """The service's error for a call, by the keys of its details."""
    try:
        client(place, credentials).pool.get("p")
    except BatchErrorException as error:
        assert error.response.status_code == status, error
        assert error.error.code == "AuthenticationFailed", error.error.code
        return {detail.key: detail.value for detail in error.error.values or []}
    raise AssertionError("the call was not refused")


def changed(token):
    """The token with another first character of its signature."""
    start, _, signature = token.rpartition(".")
    return f"{start}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def main():
    checks = 0
    with _identity.services() as place:
        batch = client(place, Tokens(place.credential()))
        image = models.ImageReference(publisher="canonical", offer="ubuntu-24_04-lts", sku="server")
        machines = models.VirtualMachineConfiguration(
            image_reference=image, node_agent_sku_id="batch.node.ubuntu 24.04",
        )
        batch.pool.add(models.PoolAddParameter(
            id="p", vm_size="standard_d2s_v3", virtual_machine_configuration=machines, target_dedicated_nodes=0,
        ))
        batch.job.add(models.JobAddParameter(id="j", pool_info=models.PoolInformation(pool_id="p")))
        assert batch.job.get("j").pool_info.pool_id == "p"
        assert [pool.id for pool in batch.pool.list()] == ["p"]
        batch.job.delete("j")
        checks += 5

        # With a slash too few, the issuer grants a token that the service does not accept.
        details = refused(place, Tokens(place.credential(), "https://batch.core.windows.net/.default"))
        detail = details["AuthenticationErrorDetail"]
        assert "https://batch.core.windows.net'" in detail and "https://batch.core.windows.net/" in detail, detail
        detail = refused(place, Tokens(place.credential(), change=changed))["AuthenticationErrorDetail"]
        assert "signature" in detail, detail
        # The account allows tokens alone.
        detail = refused(place, SharedKeyCredentials(_emulator.ACCOUNT, _emulator.KEY), 403)
        assert "SharedKey" in detail["AuthenticationErrorDetail"], detail
        checks += 3

        # A request that the issuer refuses never reaches the service.
        for credential, code in (
            (place.credential(secret="wrong"), "AADSTS7000215"),
            (place.credential(application="other"), "AADSTS700016"),
        ):
            try:
                client(place, Tokens(credential)).pool.get("p")
            except ClientAuthenticationError as error:
                assert code in str(error), error
            else:
                raise AssertionError(f"expected {code}")
            checks += 1
        problems = list(place.batch.problems())
    assert not problems, problems
    print(f"azure-batch 14.2.0 by tokens of azure-identity: {checks} checks")


if __name__ == "__main__":
    sys.exit(main())
