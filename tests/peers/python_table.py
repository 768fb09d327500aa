"""Is the guide's table of Python calls true? Each row is held against the package azure-batch.

`batch-codegen` derives the names of Microsoft's client from the description, by AutoRest's rules. Here the real client
is asked, for every row of `batch-client/src/generated/python.md`: that the call exists, that its arguments are these in
this order, required or not, and that what is optional is an argument or a field of its options object. Every call of
the package stands in a row. The example on the guide's page of the table is run against the emulator.

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
# What every call of the package takes after its own arguments.
COMMON = ["custom_headers", "raw", "callback", "operation_config", "threads"]
# What one word stands for.
CONDITIONS = ["if_match", "if_none_match", "if_modified_since", "if_unmodified_since"]


def rows(text):
    """Group, name, arguments and options of each row; a line of a table that is none is an error."""
    for line in text.splitlines():
        if not line.startswith("| `"):
            continue
        found = ROW.match(line)
        assert found, f"this is no row: {line}"
        group, name, arguments, our_group, our_name, options = found.groups()
        assert (group, name) == (our_group, our_name), f"{group}.{name} stands beside {our_group}.{our_name}"
        options = [o.strip("`") for o in options.split(", ") if o]
        if "conditions" in options:
            options = [o for o in options if o != "conditions"] + CONDITIONS
        yield group, name, [a for a in arguments.split(", ") if a], options


def own_arguments(call):
    """The arguments of a call, with `=None` where they are optional, and the name of its options object."""
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
        yield "the package has no such call"
        return
    own, options_name = own_arguments(call)
    if arguments != own:
        yield f"the arguments are {own}, not {arguments}"
    fields = getattr(models, pascal(options_name))._attribute_map
    for option in options:
        # The body is told by its argument.
        if not option.startswith("body(") and option not in fields and f"{option}=None" not in own:
            yield f"`{option}` is no option of it"


def calls(client):
    """Every call of the package, as `group.name`."""
    for group, operations in vars(client).items():
        if hasattr(operations, "api_version"):
            for name, call in inspect.getmembers(operations, callable):
                if not name.startswith("_") and name != "models":
                    yield f"{group}.{name}"


def run_example():
    """Runs the page's example on the emulator, with a job that it can list; gives what it printed."""
    lines = [line.removeprefix("//!").removeprefix(" ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    example = "\n".join(lines[lines.index("```python") + 1 :]).split("\n```")[0]
    address = "https://acct.westeurope.batch.azure.com"
    assert example.count('"acct"') == 1 and example.count(address) == 1, "the example has another account"
    with service("--clock-speed", "100") as running:
        client = BatchServiceClient(SharedKeyCredentials(ACCOUNT, KEY), running.url)
        client.job.add(models.JobAddParameter(id="nightly", pool_info=models.PoolInformation(pool_id="none")))
        client.task.add("nightly", models.TaskAddParameter(id="frame-1", command_line="render 1"))
        client.task.terminate("nightly", "frame-1")
        example = example.replace('"acct"', repr(ACCOUNT)).replace(address, running.url)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(compile(example, str(PAGE), "exec"), {"key": KEY})
    return said.getvalue()


def main():
    said = run_example()
    assert said == "frame-1\n", f"the example said {said!r}"
    client = BatchServiceClient(SharedKeyCredentials("account", "a2V5"), "https://localhost")
    table = list(rows(TABLE.read_text(encoding="utf-8")))
    found = [(f"{row[0]}.{row[1]}", wrong) for row in table for wrong in mistakes(client, *row)]
    there, known = {f"{row[0]}.{row[1]}" for row in table}, set(calls(client))
    assert len(known) > 70, f"the package has {len(known)} calls?"
    found += [(call, "it stands in no row") for call in sorted(known - there)]
    for call, wrong in found:
        print(f"{call}: {wrong}")
    print(f"{len(table)} rows for {len(known)} calls of azure-batch, {len(found)} mistakes; the example runs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
