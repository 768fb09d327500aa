"""Would GitHub take our workflows? Asked of check-jsonschema, which has the schema that GitHub's own editor uses.

Beyond the schema: each action is pinned to a major version, no job may write to the repository, and whatever runs
`cargo xtask` names a command that there is.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("BATCH_ROOT", pathlib.Path(__file__).parents[2]))
FOLDER = ROOT / ".github/workflows"

# What the check itself must refuse, else it checks nothing: a step's key is misspelt.
MISTAKE = """
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - rum: bash .ci/run
"""


def refused(*files):
    """What check-jsonschema says of files that it refuses, None of those that it takes."""
    schema = ["--builtin-schema", "vendor.github-workflows"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else None


def commands():
    """The commands of `cargo xtask`, as its help lists them in two columns."""
    source = (ROOT / "xtask/src/main.rs").read_text(encoding="utf-8")
    usage = source.split('const USAGE: &str = "', 1)[1].split('";', 1)[0]
    return set(re.findall(r"^  ([a-z]+)", usage, re.MULTILINE))


def faults(text, known):
    """What the schema has no eye for."""
    for action, version in re.findall(r"uses: ([^@\s]+)@?(\S*)", text):
        if not re.fullmatch(r"v\d+", version):
            yield f"{action} is not pinned to a major version"
    if not re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE):
        yield "the permissions are not `contents: read`"
    if re.search(r": write\b", text):
        yield "something may write"
    if not re.search(r"^concurrency:$", text, re.MULTILINE):
        yield "there is no concurrency group"
    for command in re.findall(r"cargo xtask (\S+)", text):
        if command not in known:
            yield f"cargo xtask has no command {command}"


def main():
    files = sorted(FOLDER.glob("*.yml"))
    if not files:
        print(f"no workflows in {FOLDER}")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        mistake = pathlib.Path(folder) / "mistake.yml"
        mistake.write_text(MISTAKE, encoding="utf-8")
        said = refused(mistake)
        if said is None or "rum" not in said:
            print(f"a workflow with a mistake is not refused for it: {said}")
            return 1

    said = refused(*files)
    wrong = [said.rstrip()] if said else []
    known = commands()
    for file in files:
        found = faults(file.read_text(encoding="utf-8"), known)
        wrong += [f"{file.name}: {fault}" for fault in found]
    for line in wrong:
        print(line)
    print(f"{len(files)} workflows, {len(wrong)} errors")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
