"""Checks each row of the guide's table of Python calls against the package azure-batch.

`batch-codegen` derives the names of Microsoft's client from the description, by AutoRest's rules. For every row of
`batch-client/src/generated/python.md`, this script checks with the real client that the call exists, that its arguments
are these in this order, required or optional, and that every option is an argument or a field of its options object.
Every call of the package must have a row. The example on the table's guide page is run against the emulator.

    python tests/peers/python_table.py     with BATCH_EMULATOR naming the built program
"""

import contextlib
import inspect
import io
import os
import pathlib
import re
import sys

from _emulator import ACCOUNT, KEY, service
from azure.batch import BatchServiceClient, models
from azure.batch.batch_auth import SharedKeyCredentials

ROOT = pathlib.Path(os.environ.get("BATCH_ROOT", pathlib.Path(__file__).parents[2]))
TABLE = ROOT / "batch-client/src/generated/python.md"
PAGE = ROOT / "batch-client/src/guide/python.rs"
ROW = re.compile(r"^\| `client\.(\w+)\.(\w+)\((.*?)\)` \| \[`client\.(\w+)\(\)\.(\w+)\(.*?\)`\]\(.*?\) \| (.*?) ?\|$")
# Arguments that every call of the package takes in addition.
COMMON = ["custom_headers", "raw", "callback", "operation_config", "threads"]
# The options that the table abbreviates as `conditions`.
CONDITIONS = ["if_match", "if_none_match", "if_modified_since", "if_unmodified_since"]


def rows(text):
    """Yields group, name, arguments and options of each row; a row that does not match is an error."""
    for line in text.splitlines():
        if not line.startswith("| `"):
            continue
        found = ROW.match(line)
        assert found, f"malformed row: {line}"
        group, name, arguments, our_group, our_name, options = found.groups()
        assert (group, name) == (our_group, our_name), f"{group}.{name} is in one row with {our_group}.{our_name}"
        options = [o.strip("`") for o in options.split(", ") if o]
        if "conditions" in options:
            options = [o for o in options if o != "conditions"] + CONDITIONS
        yield group, name, [a for a in arguments.split(", ") if a], options


def own_arguments(call):
    """Returns a call's arguments, with `=None` if they are optional, and the name of its options object."""
    own, options = [], None
    for parameter in inspect.signature(call).parameters.values():
        if parameter.name in COMMON:
            continue
        optional = parameter.default is not inspect.Parameter.empty
        if optional and parameter.name.endswith("_options"):
            options = parameter.name
            continue
        own.append(parameter.name + ("=None" if optional else ""))
    return own, options


def pascal(name):
    return "".join(word.capitalize() for word in name.split("_"))


def mistakes(client, group, name, arguments, options):
    call = getattr(getattr(client, group, None), name, None)
    if call is None:
        yield "the package does not have this call"
        return
    own, options_name = own_arguments(call)
    if arguments != own:
        yield f"the arguments are {own}, not {arguments}"
    fields = getattr(models, pascal(options_name))._attribute_map
    for option in options:
        # The body is checked as an argument.
        if not option.startswith("body(") and option not in fields and f"{option}=None" not in own:
            yield f"`{option}` is not an option of this call"


def calls(client):
    """Yields every call of the package as `group.name`."""
    for group, operations in vars(client).items():
        if hasattr(operations, "api_version"):
            for name, call in inspect.getmembers(operations, callable):
                if not name.startswith("_") and name != "models":
                    yield f"{group}.{name}"


def run_example():
    """Runs the page's example against the emulator, with a job that it can list, and returns its output."""
    lines = [line.removeprefix("//!").removeprefix(" ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    example = "\n".join(lines[lines.index("```python") + 1 :]).split("\n```")[0]
    address = "https://acct.westeurope.batch.azure.com"
    assert example.count('"acct"') == 1 and example.count(address) == 1, "the example does not use the expected account"
    with service("--clock-speed", "100") as running:
        client = BatchServiceClient(SharedKeyCredentials(ACCOUNT, KEY), running.url)
        client.job.add(models.JobAddParameter(id="nightly", pool_info=models.PoolInformation(pool_id="none")))
        client.task.add("nightly", models.TaskAddParameter(id="frame-1", command_line="render 1"))
        client.task.terminate("nightly", "frame-1")
        example = example.replace('"acct"', repr(ACCOUNT)).replace(address, running.url)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(example, str(PAGE), "exec"), {"key": KEY})
    return output.getvalue()


def main():
    output = run_example()
    assert output == "frame-1\n", f"the example printed {output!r}"
    client = BatchServiceClient(SharedKeyCredentials("account", "a2V5"), "https://localhost")
    table = list(rows(TABLE.read_text(encoding="utf-8")))
    found = [(f"{row[0]}.{row[1]}", wrong) for row in table for wrong in mistakes(client, *row)]
    there, known = {f"{row[0]}.{row[1]}" for row in table}, set(calls(client))
    assert len(known) > 70, f"the package has {len(known)} calls?"
    found += [(call, "it has no row") for call in sorted(known - there)]
    for call, wrong in found:
        print(f"{call}: {wrong}")
    print(f"{len(table)} rows for {len(known)} calls of azure-batch, {len(found)} mistakes; the example runs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
