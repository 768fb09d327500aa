"""Checks that a complete workflow runs on the emulator as it would on Azure.

azure-batch drives a workflow as users write it for Azure, with tasks that are executed: a pool that grows by its formula,
a job with a preparation task, dependencies, exit conditions and a release task, outputs that are read back, a schedule
that creates jobs, and a restart in between from the folder with the persisted state.

    python tests/peers/emulator_life.py       with BATCH_EMULATOR naming the built program
"""

import datetime
import sys
import tempfile
import time
import traceback

from azure.batch import models as m

import _emulator
from _official import client, equal, until
from emulator_python import gone, job_in, linux, task_in

CLOCK_SPEED = 60
FORMULA = """
    pending = $PendingTasks.GetSamplePercent(TimeInterval_Minute * 5) < 1 ? 1 : max($PendingTasks.GetSample(TimeInterval_Minute * 5));
    $TargetDedicatedNodes = min(3, max(1, pending));
    $NodeDeallocationOption = taskcompletion;
"""


def shell(script):
    return f"/bin/sh -c '{script}'"


def text(batch, job, id, path="stdout.txt"):
    return b"".join(batch.file.get_from_task(job, id, path)).decode("utf-8")


def growing_pool(batch):
    """Adds a pool that is sized by its formula."""
    minutes = datetime.timedelta(minutes=5)
    grows = m.PoolAddParameter(
        id="grows", vm_size="standard_d2s_v3", virtual_machine_configuration=linux(), enable_auto_scale=True,
        auto_scale_formula=FORMULA, auto_scale_evaluation_interval=minutes, task_slots_per_node=2,
        start_task=m.StartTask(command_line=shell("echo started > $AZ_BATCH_NODE_SHARED_DIR/mark"), wait_for_success=True),
    )
    batch.pool.add(grows)
    until("one node", lambda: batch.pool.get("grows").current_dedicated_nodes == 1)


def workflow(batch):
    """Runs a job with preparation, dependencies, an exit condition, outputs and release."""
    batch.job.add(m.JobAddParameter(
        id="flow", pool_info=m.PoolInformation(pool_id="grows"), uses_task_dependencies=True,
        common_environment_settings=[m.EnvironmentSetting(name="COLOUR", value="blue ä")],
        job_preparation_task=m.JobPreparationTask(command_line=shell("echo prepared > $AZ_BATCH_NODE_SHARED_DIR/flow")),
        job_release_task=m.JobReleaseTask(command_line=shell("rm $AZ_BATCH_NODE_SHARED_DIR/flow")),
    ))
    parts = [
        m.TaskAddParameter(id=str(n), command_line=shell(f"cat $AZ_BATCH_NODE_SHARED_DIR/flow; echo part {n} $COLOUR; sleep 0.4"))
        for n in range(1, 21)
    ]
    tolerated = m.ExitConditions(exit_codes=[
        m.ExitCodeMapping(code=7, exit_options=m.ExitOptions(dependency_action=m.DependencyAction.satisfy)),
    ])
    parts.append(m.TaskAddParameter(id="odd", command_line=shell("echo no >&2; exit 7"), exit_conditions=tolerated))
    ranges = m.TaskDependencies(task_ids=["odd"], task_id_ranges=[m.TaskIdRange(start=1, end=20)])
    parts.append(m.TaskAddParameter(id="sum", command_line=shell("mkdir out; echo total > out/sum.txt; pwd"), depends_on=ranges))
    added = batch.task.add_collection("flow", parts)
    equal({result.status for result in added.value}, {m.TaskAddStatus.success})
    until("three nodes", lambda: batch.pool.get("grows").current_dedicated_nodes == 3)

    last = task_in(batch, "flow", "sum", m.TaskState.completed)
    equal((last.execution_info.exit_code, last.execution_info.result), (0, m.TaskExecutionResult.success))
    equal(text(batch, "flow", "7"), "prepared\npart 7 blue ä\n")
    equal(text(batch, "flow", "odd", "stderr.txt"), "no\n")
    equal(text(batch, "flow", "sum", "wd/out/sum.txt"), "total\n")
    assert text(batch, "flow", "sum").rstrip().endswith("/workitems/flow/job-1/sum/wd"), text(batch, "flow", "sum")
    odd = batch.task.get("flow", "odd")
    equal((odd.execution_info.exit_code, odd.execution_info.failure_info.code), (7, "FailureExitCode"))
    names = {file.name for file in batch.file.list_from_task("flow", "sum", recursive=True)}
    assert {"stdout.txt", "stderr.txt", "wd", "wd/out", "wd/out/sum.txt"} <= names, names
    raw = batch.file.get_properties_from_task("flow", "sum", "wd/out/sum.txt", raw=True)
    equal((raw.headers["Content-Length"], raw.headers["ocp-batch-file-isdirectory"]), (6, False))
    counts = batch.job.get_task_counts("flow").task_counts
    equal((counts.succeeded, counts.failed, counts.completed), (21, 1, 22))

    batch.job.terminate("flow")
    job_in(batch, "flow", m.JobState.completed)
    statuses = list(batch.job.list_preparation_and_release_task_status("flow"))
    assert statuses, "no node was prepared"
    for status in statuses:
        equal(status.job_preparation_task_execution_info.exit_code, 0)
        equal(status.job_release_task_execution_info.exit_code, 0)


def shrinking_pool(batch):
    until("one node again", lambda: batch.pool.get("grows").current_dedicated_nodes == 1)
    run = batch.pool.get("grows").auto_scale_run
    assert run.error is None and "$TargetDedicatedNodes=1;" in run.results, run.as_dict()


def schedule(batch):
    """Runs a schedule that creates a job each minute, whose manager task ends it without adding tasks."""
    specification = m.JobSpecification(
        pool_info=m.PoolInformation(pool_id="grows"), on_all_tasks_complete=m.OnAllTasksComplete.terminate_job,
        job_manager_task=m.JobManagerTask(id="manager", command_line=shell("echo $AZ_BATCH_JOB_ID"), kill_job_on_completion=True),
    )
    minutely = m.Schedule(recurrence_interval=datetime.timedelta(minutes=1))
    batch.job_schedule.add(m.JobScheduleAddParameter(id="tick", schedule=minutely, job_specification=specification))
    def two():
        jobs = [job for job in batch.job.list_from_job_schedule("tick") if job.state == m.JobState.completed]
        return len(jobs) >= 2 and jobs
    jobs = until("two jobs", two)
    equal([job.id for job in sorted(jobs, key=lambda job: job.creation_time)][:2], ["tick:job-1", "tick:job-2"])
    equal(text(batch, "tick:job-1", "manager"), "tick:job-1\n")
    recent = batch.job_schedule.get("tick").execution_info.recent_job.id
    assert recent.startswith("tick:job-"), recent
    batch.job_schedule.terminate("tick")
    until("the schedule completed", lambda: batch.job_schedule.get("tick").state == m.JobScheduleState.completed)


def after_restart(batch):
    """After a restart: completed tasks are there with their files, and running ones start again."""
    equal(text(batch, "flow", "7"), "prepared\npart 7 blue ä\n")
    equal(batch.job.get("flow").state, m.JobState.completed)
    again = task_in(batch, "long", "t", m.TaskState.completed)
    equal((again.execution_info.exit_code, text(batch, "long", "t")), (0, "again\n"))


def begin_long(batch, mark):
    batch.job.add(m.JobAddParameter(id="long", pool_info=m.PoolInformation(pool_id="grows")))
    line = shell(f"if [ -e {mark} ]; then echo again; else touch {mark}; sleep 600; fi")
    batch.task.add("long", m.TaskAddParameter(id="t", command_line=line))
    task_in(batch, "long", "t", m.TaskState.running)


def clean_up(batch):
    for job in ("flow", "long"):
        batch.job.delete(job)
        gone(job, "JobNotFound", batch.job.get, job)
    batch.pool.delete("grows")
    gone("pool", "PoolNotFound", batch.pool.get, "grows")


def main():
    coverage = _emulator.Coverage()
    start = time.monotonic()
    failed = []
    problems = []

    def run(batch, *parts):
        for part in parts:
            if failed:
                return
            try:
                part(batch)
            except Exception:
                failed.append(part.__name__)
                print(f"{part.__name__}: {traceback.format_exc(limit=-4)}")

    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--execute", "--quirks", "--clock-speed", str(CLOCK_SPEED), "--data", f"{folder}/data",
                     "--work-dir", f"{folder}/nodes"]
        with _emulator.service(*arguments) as service:
            batch = client(service.url, _emulator.ACCOUNT, _emulator.KEY, coverage)
            run(batch, growing_pool, workflow, shrinking_pool, schedule)
            run(batch, lambda batch: begin_long(batch, f"{folder}/mark"))
            problems += service.problems()
        # The service was killed, so it had no chance to save anything at the end.
        with _emulator.service(*arguments) as service:
            batch = client(service.url, _emulator.ACCOUNT, _emulator.KEY, coverage)
            run(batch, after_restart, clean_up)
            problems += service.problems()
    for problem in problems:
        print(problem)
    print(
        f"azure-batch --execute: a workflow of 8 parts, {coverage.requests} requests in {time.monotonic() - start:.1f} s: "
        f"{len(failed)} parts failed, {len(problems)} problems"
    )
    return 1 if failed or problems else 0


if __name__ == "__main__":
    sys.exit(main())
