"""Checks that GitHub would accept our workflows, issue forms and Dependabot configuration.

check-jsonschema validates them against the schemas that it contains. For workflows, the script also checks that each
action is pinned to a major version, that no job may write to the repository, and that every `cargo xtask` command
exists; for Dependabot, that its directories exist.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("BATCH_ROOT", pathlib.Path(__file__).parents[2]))
FOLDER = ROOT / ".github"

# For each kind of file: its schema, its files, and a file with a mistake that the schema must reject for the word given
# last. Otherwise the check would prove nothing.
KINDS = {
    "workflows": (
        "vendor.github-workflows",
        sorted(FOLDER.glob("workflows/*.yml")),
        "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - rum: bash .ci/run\n",
        "rum",
    ),
    "issue forms": (
        "vendor.github-issue-forms",
        sorted(file for file in FOLDER.glob("ISSUE_TEMPLATE/*.yml") if file.name != "config.yml"),
        "name: Bug\ndescription: A bug\nbody:\n  - type: inptu\n    attributes:\n      label: Version\n",
        "inptu",
    ),
    "issue chooser": (
        "vendor.github-issue-config",
        [FOLDER / "ISSUE_TEMPLATE/config.yml"],
        "blank_issues_enabled: sometimes\n",
        "sometimes",
    ),
    "Dependabot configuration": (
        "vendor.dependabot",
        [FOLDER / "dependabot.yml"],
        "version: 2\nupdates:\n  - package-ecosystem: crago\n    directory: /\n    schedule:\n      interval: weekly\n",
        "crago",
    ),
}


def rejected(schema, *files):
    """Returns the output of check-jsonschema if it rejects files, otherwise None."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "--verbose", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else None


def notices_a_mistake(schema, mistake, word):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "mistake.yml"
        file.write_text(mistake, encoding="utf-8")
        return word in (rejected(schema, file) or "")


def snippet(folder):
    """Writes the workflow in the emulator's README to a file."""
    readme = (ROOT / "batch-emulator/README.md").read_text(encoding="utf-8")
    file = pathlib.Path(folder) / "README.yml"
    file.write_text(readme.split("```yaml\n", 1)[1].split("```", 1)[0], encoding="utf-8")
    return file


def commands():
    """Commands of `cargo xtask`, which its help lists in two columns."""
    source = (ROOT / "xtask/src/main.rs").read_text(encoding="utf-8")
    usage = source.split('const USAGE: &str = "', 1)[1].split('";', 1)[0]
    return set(re.findall(r"^  ([a-z]+)", usage, re.MULTILINE))


def workflow_problems(text, known):
    """Yields problems that the schema does not cover."""
    for action, version in re.findall(r"uses: ([^@\s]+)@?(\S*)", text):
        if not re.fullmatch(r"v\d+", version):
            yield f"{action} is not pinned to a major version"
    if not re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE):
        yield "the permissions are not `contents: read`"
    if re.search(r": write\b", text):
        yield "a job has write permissions"
    if not re.search(r"^concurrency:$", text, re.MULTILINE):
        yield "the concurrency group is missing"
    for command in re.findall(r"cargo xtask (\S+)", text):
        if command not in known:
            yield f"cargo xtask does not have the command {command}"


def missing_directories(text):
    """Yields directories in a Dependabot configuration that do not exist."""
    for directory in re.findall(r"^    directory: (\S+)$", text, re.MULTILINE):
        if not (ROOT / directory.strip("/")).is_dir():
            yield f"the directory {directory} does not exist"


def main():
    with tempfile.TemporaryDirectory() as folder:
        KINDS["workflows"][1].append(snippet(folder))
        return check()


def check():
    problems = []
    counts = []
    for kind, (schema, files, mistake, word) in KINDS.items():
        missing = [file for file in files if not file.is_file()]
        problems += [f"{file} is missing" for file in missing]
        if not files:
            problems.append(f"there are no {kind} in {FOLDER}")
        if not notices_a_mistake(schema, mistake, word):
            problems.append(f"{schema} does not reject a file with the mistake `{word}`")
        present = [file for file in files if file not in missing]
        output = rejected(schema, *present) if present else None
        problems += [output.rstrip()] if output else []
        counts.append(f"{kind} {len(present)}")
    known = commands()
    for file in KINDS["workflows"][1]:
        problems += [f"{file.name}: {problem}" for problem in workflow_problems(file.read_text(encoding="utf-8"), known)]
    for file in filter(pathlib.Path.is_file, KINDS["Dependabot configuration"][1]):
        problems += [f"{file.name}: {problem}" for problem in missing_directories(file.read_text(encoding="utf-8"))]
    for problem in problems:
        print(problem)
    print(f"{', '.join(counts)}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
