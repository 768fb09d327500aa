"""Checks that the newest official client works with the emulator by tokens of the official identity library.

azure-batch 15.1.0 takes credentials of azure-identity 1.27.0 itself and asks for the scope of its own; the tokens come
from oauth2-mock-server. A wrong scope and a wrong secret are refused where the live services refuse them.

    python tests/peers/identity15/tokens.py       with BATCH_EMULATOR naming the built program, and NODE_PATH
"""

import sys

from azure.batch import BatchClient, models
from azure.core.exceptions import ClientAuthenticationError

import _identity


def client(place, credential, **more):
    return BatchClient(place.batch.url, credential, retry_total=0, **more)


def refused(place, credential, words, **more):
    try:
        client(place, credential, **more).get_pool("p")
    except ClientAuthenticationError as error:
        text = f"{error} {error.response.text() if error.response else ''}"
        assert words in text, text
        return
    raise AssertionError(f"expected an error with {words}")


def main():
    checks = 0
    with _identity.services() as place:
        batch = client(place, place.credential())
        image = models.BatchVmImageReference(publisher="canonical", offer="ubuntu-24_04-lts", sku="server")
        machines = models.VirtualMachineConfiguration(
            image_reference=image, node_agent_sku_id="batch.node.ubuntu 24.04",
        )
        batch.create_pool(models.BatchPoolCreateOptions(
            id="p", vm_size="standard_d2s_v3", virtual_machine_configuration=machines, target_dedicated_nodes=0,
        ))
        batch.create_job(models.BatchJobCreateOptions(id="j", pool_info=models.BatchPoolInfo(pool_id="p")))
        assert batch.get_job("j").pool_info.pool_id == "p"
        assert [pool.id for pool in batch.list_pools()] == ["p"]
        checks += 4

        scope = ["https://batch.core.windows.net/.default"]
        refused(place, place.credential(), "https://batch.core.windows.net'", credential_scopes=scope)
        refused(place, place.credential(secret="wrong"), "AADSTS7000215")
        refused(place, place.credential(application="other"), "AADSTS700016")
        checks += 3
        problems = list(place.batch.problems())
    assert not problems, problems
    print(f"azure-batch 15.1.0 by tokens of azure-identity: {checks} checks")


if __name__ == "__main__":
    sys.exit(main())
