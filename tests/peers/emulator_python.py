"""Checks that the official Python client works with the emulator as it does with the live service.

azure-batch calls every operation of the description successfully at least once, reads pages, makes conditional changes
and provokes the service's errors; the script asserts on what it returns and raises. An operation that was never called
is a failure.

    python tests/peers/emulator_python.py       with BATCH_EMULATOR naming the built program
"""

import datetime
import sys
import time
import traceback

from azure.batch import models as m
from msrest.exceptions import ValidationError

import _emulator
from _official import client, equal, check_types, refused, until, values

CLOCK_SPEED = 50
APPLICATION = "calculator"
# Longer than this script runs, in the service's time: such a task runs until it is terminated.
FOREVER = m.EnvironmentSetting(name="EMULATOR_SECONDS", value="10000000")
FAILS = m.EnvironmentSetting(name="EMULATOR_EXIT_CODE", value="3")
UNLIMITED = datetime.timedelta(days=10675199, hours=2, minutes=48, seconds=5, microseconds=477580)


def linux(**more):
    image = m.ImageReference(publisher="canonical", offer="0001-com-ubuntu-server-jammy", sku="22_04-lts")
    return m.VirtualMachineConfiguration(image_reference=image, node_agent_sku_id="batch.node.ubuntu 22.04", **more)


def pool(id, nodes=0, **more):
    return m.PoolAddParameter(
        id=id, vm_size="standard_d2s_v3", target_dedicated_nodes=nodes,
        **{"virtual_machine_configuration": linux(), **more},
    )


def task(id, *environment, **more):
    return m.TaskAddParameter(id=id, command_line=f"echo {id}", environment_settings=list(environment) or None, **more)


def steady(batch, id):
    def found():
        pool = batch.pool.get(id)
        return pool.allocation_state == m.AllocationState.steady and pool
    return until(f"pool {id} to be steady", found)


def idle(batch, id, count):
    def found():
        nodes = list(batch.compute_node.list(id))
        return len(nodes) == count and all(node.state == m.ComputeNodeState.idle for node in nodes) and nodes
    return until(f"{count} idle nodes in {id}", found)


def task_in(batch, job, id, state):
    def found():
        task = batch.task.get(job, id)
        return task.state == state and task
    return until(f"task {job}/{id} to be {state.value}", found)


def job_in(batch, id, state):
    def found():
        job = batch.job.get(id)
        return job.state == state and job
    return until(f"job {id} to be {state.value}", found)


def gone(what, code, get, *ids):
    """Waits until the service reports that the resource no longer exists."""
    def found():
        try:
            get(*ids)
        except m.BatchErrorException as error:
            equal((error.response.status_code, error.error.code), (404, code))
            return True
        return False
    until(f"the end of {what}", found)


def account(batch):
    images = list(batch.account.list_supported_images())
    assert images, "no supported image"
    check_types(images[0], node_agent_sku_id=str, image_reference=m.ImageReference)
    equal({image.os_type for image in images}, {m.OSType.linux, m.OSType.windows})
    options = m.AccountListSupportedImagesOptions(filter="osType eq 'linux'", max_results=1)
    linux = list(batch.account.list_supported_images(options))
    equal([i.as_dict() for i in linux], [i.as_dict() for i in images if i.os_type == m.OSType.linux])


def applications(batch):
    [application] = batch.application.list()
    equal((application.id, application.versions), (APPLICATION, ["1.0", "2.0"]))
    equal(batch.application.get(APPLICATION).versions, ["1.0", "2.0"])
    refused(404, "ApplicationNotFound", batch.application.get, "nothing")


def pools(batch):
    equal(batch.pool.exists("sizes"), False)
    start_task = m.StartTask(command_line="/bin/true", wait_for_success=True)
    metadata = [m.MetadataItem(name="owner", value="peers ä")]
    batch.pool.add(pool("sizes", 2, start_task=start_task, metadata=metadata, task_slots_per_node=4))
    equal(batch.pool.exists("SIZES"), True)
    refused(409, "PoolExists", batch.pool.add, pool("Sizes"))
    error = refused(404, "PoolNotFound", batch.pool.get, "nothing")
    assert "PoolNotFound" in str(error)

    found = steady(batch, "sizes")
    check_types(found, creation_time=datetime.datetime, last_modified=datetime.datetime, resize_timeout=datetime.timedelta)
    equal((found.state, found.current_dedicated_nodes, found.target_dedicated_nodes), (m.PoolState.active, 2, 2))
    equal((found.id, found.vm_size, found.task_slots_per_node), ("sizes", "standard_d2s_v3", 4))
    equal((found.metadata[0].name, found.metadata[0].value), ("owner", "peers ä"))
    equal(found.start_task.command_line, "/bin/true")
    equal(found.task_scheduling_policy.node_fill_type, m.ComputeNodeFillType.spread)
    idle(batch, "sizes", 2)

    expanded = batch.pool.get("sizes", m.PoolGetOptions(select="id,state", expand="stats"))
    equal((expanded.vm_size, expanded.url, expanded.id), (None, None, "sizes"))
    with_stats = batch.pool.get("sizes", m.PoolGetOptions(expand="stats"))
    if with_stats.stats is not None:
        check_types(with_stats.stats, start_time=datetime.datetime)

    batch.pool.patch("sizes", m.PoolPatchParameter(metadata=[]))
    patched = batch.pool.get("sizes")
    equal((patched.metadata or [], patched.start_task.command_line), ([], "/bin/true"))
    update = m.PoolUpdatePropertiesParameter(
        certificate_references=[], application_package_references=[], metadata=metadata
    )
    batch.pool.update_properties("sizes", update)
    updated = batch.pool.get("sizes")
    equal((updated.start_task, updated.metadata[0].name), (None, "owner"))
    assert updated.e_tag != found.e_tag and updated.last_modified >= found.last_modified

    equal(list(batch.pool.list_usage_metrics()), [])
    counts = {count.pool_id: count for count in batch.account.list_pool_node_counts()}
    equal((counts["sizes"].dedicated.idle, counts["sizes"].dedicated.total), (2, 2))


def sizes(batch):
    """A resize that waits for a running task can be rejected, stopped and repeated."""
    batch.job.add(m.JobAddParameter(id="sizes", pool_info=m.PoolInformation(pool_id="sizes")))
    batch.task.add("sizes", task("t1", FOREVER))
    running = task_in(batch, "sizes", "t1", m.TaskState.running)
    wait = m.PoolResizeParameter(
        target_dedicated_nodes=0, node_deallocation_option=m.ComputeNodeDeallocationOption.task_completion
    )
    batch.pool.resize("sizes", wait)
    equal(batch.pool.get("sizes").allocation_state, m.AllocationState.resizing)
    refused(409, "PoolBeingResized", batch.pool.resize, "sizes", wait)
    batch.pool.stop_resize("sizes")
    stopped = steady(batch, "sizes")
    assert stopped.current_dedicated_nodes >= 1 and stopped.resize_errors, stopped.as_dict()
    equal(stopped.resize_errors[0].code, "ResizeStopped")
    error = refused(409, None, batch.pool.stop_resize, "sizes")
    equal(error.error.code, "OperationInvalidForCurrentState")

    requeue = m.NodeRemoveParameter(node_list=[running.node_info.node_id])
    batch.pool.remove_nodes("sizes", requeue)
    after = steady(batch, "sizes")
    equal(after.current_dedicated_nodes, stopped.current_dedicated_nodes - 1)
    equal(batch.task.get("sizes", "t1").execution_info.requeue_count, 1)
    batch.job.delete("sizes")
    gone("job sizes", "JobNotFound", batch.job.get, "sizes")


def autoscale(batch):
    batch.pool.resize("sizes", m.PoolResizeParameter(target_dedicated_nodes=1))
    steady(batch, "sizes")
    refused(409, None, batch.pool.evaluate_auto_scale, "sizes", "$TargetDedicatedNodes=2")
    interval = datetime.timedelta(minutes=10)
    batch.pool.enable_auto_scale("sizes", "$TargetDedicatedNodes=3", interval)
    run = batch.pool.evaluate_auto_scale("sizes", "$TargetDedicatedNodes = 2; $TargetLowPriorityNodes = 0")
    check_types(run, timestamp=datetime.datetime)
    assert run.results.startswith("$TargetDedicatedNodes=2;") and run.error is None, run.as_dict()
    wrong = batch.pool.evaluate_auto_scale("sizes", "$something_useless")
    equal(wrong.error.code, "AutoScalingFormulaEvaluationError")
    equal(wrong.error.values[0].name, "Message")
    found = until("three nodes", lambda: (p := batch.pool.get("sizes")).current_dedicated_nodes == 3 and p)
    equal((found.enable_auto_scale, found.auto_scale_evaluation_interval), (True, interval))
    steady(batch, "sizes")
    batch.pool.disable_auto_scale("sizes")
    equal(batch.pool.get("sizes").enable_auto_scale, False)


def pages(batch):
    """Reads five items in pages of two; the client follows the service's links."""
    for number in range(5):
        batch.pool.add(pool(f"page-{number}"))
    ids = [f"page-{number}" for number in range(5)]
    options = m.PoolListOptions(filter="startswith(id,'page-')", max_results=2)
    pages = batch.pool.list(options)
    sizes = []
    found = []
    pages.advance_page()
    while True:
        sizes.append(len(pages.current_page))
        found += [pool.id for pool in pages.current_page]
        if not pages.next_link:
            break
        pages.advance_page()
    equal((found, sizes), (ids, [2, 2, 1]))

    def listed(filter, **more):
        return [pool.id for pool in batch.pool.list(m.PoolListOptions(filter=filter, **more))]

    equal(listed("id eq 'page-3' or id eq 'PAGE-1'", max_results=1)[:2], ["page-1", "page-3"])
    equal(listed("startswith(id,'page-') and not (id eq 'page-0')"), ids[1:])
    equal(listed("startswith(id,'page-') and state eq 'deleting'"), [])
    equal(listed("startswith(id,'page-') and creationTime gt datetime'2020-01-01T00:00:00Z'"), ids)
    [some] = batch.pool.list(m.PoolListOptions(filter="id eq 'page-2'", select="id,vmSize"))
    equal((some.id, some.vm_size, some.state, some.e_tag), ("page-2", "standard_d2s_v3", None, None))
    error = refused(400, "InvalidQueryParameterValue", batch.pool.list, m.PoolListOptions(filter="id eq"))
    equal((values(error)["QueryParameterName"], values(error)["QueryParameterValue"]), ("$filter", "id eq"))
    refused(400, "InvalidQueryParameterValue", batch.pool.list, m.PoolListOptions(select="nothing"))
    for id in ids:
        batch.pool.delete(id)
    for id in ids:
        gone(id, "PoolNotFound", batch.pool.get, id)


def conditions(batch):
    batch.pool.add(pool("conditions"))
    found = steady(batch, "conditions")
    raw = batch.pool.get("conditions", raw=True)
    equal(raw.headers["ETag"], found.e_tag)
    assert not found.e_tag.startswith('"'), found.e_tag
    equal(raw.headers["Last-Modified"].replace(microsecond=0), found.last_modified.replace(microsecond=0))
    patch = m.PoolPatchParameter(metadata=[m.MetadataItem(name="a", value="b")])
    batch.pool.patch("conditions", patch, m.PoolPatchOptions(if_match=found.e_tag))
    refused(412, "ConditionNotMet", batch.pool.patch, "conditions", patch, m.PoolPatchOptions(if_match=found.e_tag))
    changed = batch.pool.get("conditions")
    assert changed.e_tag != found.e_tag
    refused(304, None, batch.pool.get, "conditions", m.PoolGetOptions(if_none_match=changed.e_tag))
    equal(batch.pool.get("conditions", m.PoolGetOptions(if_none_match=found.e_tag)).e_tag, changed.e_tag)
    later = changed.last_modified + datetime.timedelta(seconds=2)
    earlier = changed.last_modified - datetime.timedelta(seconds=2)
    refused(304, None, batch.pool.get, "conditions", m.PoolGetOptions(if_modified_since=later))
    batch.pool.get("conditions", m.PoolGetOptions(if_modified_since=earlier))
    refused(412, "ConditionNotMet", batch.pool.get, "conditions", m.PoolGetOptions(if_unmodified_since=earlier))
    batch.pool.get("conditions", m.PoolGetOptions(if_unmodified_since=later))
    refused(412, "ConditionNotMet", batch.pool.delete, "conditions", m.PoolDeleteOptions(if_match=found.e_tag))
    batch.pool.delete("conditions", m.PoolDeleteOptions(if_match=changed.e_tag))
    gone("pool conditions", "PoolNotFound", batch.pool.get, "conditions")


def nodes(batch):
    extension = m.VMExtension(name="monitor", publisher="contoso", type="Monitor", type_handler_version="1.0")
    batch.pool.add(pool("nodes", 2, virtual_machine_configuration=linux(extensions=[extension])))
    first, second = idle(batch, "nodes", 2)
    check_types(first, allocation_time=datetime.datetime, last_boot_time=datetime.datetime, ip_address=str)
    equal((first.vm_size, first.scheduling_state, first.is_dedicated), ("standard_d2s_v3", m.SchedulingState.enabled, True))
    assert first.endpoint_configuration.inbound_endpoints[0].public_ip_address
    equal(batch.compute_node.get("nodes", first.id).affinity_id, first.affinity_id)
    refused(404, "NodeNotFound", batch.compute_node.get, "nodes", "nothing")
    options = m.ComputeNodeListOptions(filter="state eq 'idle'", select="id", max_results=1)
    listed = list(batch.compute_node.list("nodes", options))
    equal([(node.id, node.state) for node in listed], [(first.id, None), (second.id, None)])

    user = m.ComputeNodeUser(name="otto", password="secret-1", is_admin=True)
    batch.compute_node.add_user("nodes", first.id, user)
    refused(409, "NodeUserExists", batch.compute_node.add_user, "nodes", first.id, user)
    batch.compute_node.update_user("nodes", first.id, "otto", m.NodeUpdateUserParameter(password="secret-2"))
    batch.compute_node.delete_user("nodes", first.id, "otto")
    refused(404, "NodeUserNotFound", batch.compute_node.delete_user, "nodes", first.id, "otto")

    batch.compute_node.disable_scheduling("nodes", first.id)
    equal(batch.compute_node.get("nodes", first.id).scheduling_state, m.SchedulingState.disabled)
    batch.compute_node.enable_scheduling("nodes", first.id)
    equal(batch.compute_node.get("nodes", first.id).scheduling_state, m.SchedulingState.enabled)

    login = batch.compute_node.get_remote_login_settings("nodes", first.id)
    check_types(login, remote_login_ip_address=str, remote_login_port=int)
    logs = m.UploadBatchServiceLogsConfiguration(
        container_url="https://a.blob.core.windows.net/logs?sig=x", start_time=datetime.datetime.now(datetime.timezone.utc)
    )
    uploaded = batch.compute_node.upload_batch_service_logs("nodes", first.id, logs)
    check_types(uploaded, virtual_directory_name=str, number_of_files_uploaded=int)

    # The service installs its extension, too.
    own, shown = sorted(batch.compute_node_extension.list("nodes", first.id), key=lambda e: e.vm_extension.name == "monitor")
    equal(own.vm_extension.name, "batchNodeExtension")
    equal((shown.vm_extension.name, shown.vm_extension.publisher), ("monitor", "contoso"))
    equal(batch.compute_node_extension.get("nodes", first.id, "monitor").vm_extension.type, "Monitor")
    refused(404, None, batch.compute_node_extension.get, "nodes", first.id, "nothing")

    batch.compute_node.reboot("nodes", first.id)
    until("the node is back", lambda: (n := batch.compute_node.get("nodes", first.id)).state == m.ComputeNodeState.idle
          and n.last_boot_time > first.last_boot_time)
    batch.pool.delete("nodes")


def cloud_service(batch):
    """Tests pools of the older kind, the only ones whose nodes can be reimaged and reached by RDP."""
    windows = m.CloudServiceConfiguration(os_family="6")
    batch.pool.add(pool("paas", 1, virtual_machine_configuration=None, cloud_service_configuration=windows))
    [node] = idle(batch, "paas", 1)
    rdp = b"".join(batch.compute_node.get_remote_desktop("paas", node.id))
    assert rdp.startswith(b"full address:s:"), rdp
    batch.compute_node.reimage("paas", node.id)
    until("the node is back", lambda: (n := batch.compute_node.get("paas", node.id)).state == m.ComputeNodeState.idle
          and n.state_transition_time > node.state_transition_time)
    batch.pool.delete("paas")


def jobs(batch):
    batch.pool.add(pool("work", 2, task_slots_per_node=2))
    idle(batch, "work", 2)
    on_work = m.PoolInformation(pool_id="work")
    constraints = m.JobConstraints(max_wall_clock_time=datetime.timedelta(days=3), max_task_retry_count=1)
    batch.job.add(m.JobAddParameter(id="changes", pool_info=on_work, priority=7, constraints=constraints))
    refused(409, "JobExists", batch.job.add, m.JobAddParameter(id="CHANGES", pool_info=on_work))
    refused(404, "JobNotFound", batch.job.get, "nothing")
    job = batch.job.get("changes")
    equal((job.state, job.priority, job.execution_info.pool_id), (m.JobState.active, 7, "work"))
    equal(job.constraints.max_wall_clock_time, datetime.timedelta(days=3))
    equal(job.on_all_tasks_complete, m.OnAllTasksComplete.no_action)

    batch.job.patch("changes", m.JobPatchParameter(priority=9))
    patched = batch.job.get("changes")
    equal((patched.priority, patched.constraints.max_task_retry_count), (9, 1))
    batch.job.update("changes", m.JobUpdateParameter(pool_info=on_work))
    updated = batch.job.get("changes", m.JobGetOptions(expand="stats"))
    equal((updated.priority, updated.constraints.max_wall_clock_time.days), (0, UNLIMITED.days))
    check_types(updated.stats, num_succeeded_tasks=int, wall_clock_time=datetime.timedelta)
    equal([j.id for j in batch.job.list(m.JobListOptions(filter="id eq 'changes' and state eq 'active'"))], ["changes"])

    batch.job.disable("changes", m.DisableJobOption.requeue)
    job_in(batch, "changes", m.JobState.disabled)
    batch.job.enable("changes")
    active = job_in(batch, "changes", m.JobState.active)
    assert active.previous_state in (m.JobState.enabling, m.JobState.disabled), active.previous_state
    batch.job.terminate("changes", "enough")
    ended = job_in(batch, "changes", m.JobState.completed)
    equal(ended.execution_info.terminate_reason, "enough")
    check_types(ended.execution_info, end_time=datetime.datetime)
    refused(409, "JobCompleted", batch.task.add, "changes", task("late"))
    refused(409, "JobPreparationTaskOrReleaseTaskNotSpecified", batch.job.list_preparation_and_release_task_status, "changes")
    batch.job.delete("changes")
    gone("job changes", "JobNotFound", batch.job.get, "changes")


def preparation(batch):
    job = m.JobAddParameter(
        id="prepared", pool_info=m.PoolInformation(pool_id="work"),
        job_preparation_task=m.JobPreparationTask(command_line="setup"),
        job_release_task=m.JobReleaseTask(command_line="cleanup"),
    )
    batch.job.add(job)
    batch.task.add("prepared", task("t"))
    done = task_in(batch, "prepared", "t", m.TaskState.completed)
    batch.job.terminate("prepared")
    job_in(batch, "prepared", m.JobState.completed)
    [status] = batch.job.list_preparation_and_release_task_status("prepared")
    equal((status.node_id, status.pool_id), (done.node_info.node_id, "work"))
    info = status.job_preparation_task_execution_info
    equal((info.state, info.exit_code), (m.JobPreparationTaskState.completed, 0))
    equal(status.job_release_task_execution_info.exit_code, 0)
    batch.job.delete("prepared")


def tasks(batch):
    batch.job.add(m.JobAddParameter(id="tasks", pool_info=m.PoolInformation(pool_id="work")))
    batch.task.add("tasks", task("single", display_name="One ä"))
    refused(409, "TaskExists", batch.task.add, "tasks", task("SINGLE"))
    refused(404, "TaskNotFound", batch.task.get, "tasks", "nothing")
    refused(404, "JobNotFound", batch.task.add, "nothing", task("t"))
    done = task_in(batch, "tasks", "single", m.TaskState.completed)
    info = done.execution_info
    equal((info.exit_code, info.result, info.failure_info), (0, m.TaskExecutionResult.success, None))
    assert done.creation_time <= info.start_time <= info.end_time
    equal((done.display_name, done.command_line, done.node_info.pool_id), ("One ä", "echo single", "work"))
    equal(done.constraints.retention_time, datetime.timedelta(days=7))
    assert done.constraints.max_wall_clock_time.days == UNLIMITED.days

    # The client splits this into three requests.
    many = [task(f"many-{number:03}") for number in range(250)]
    added = batch.task.add_collection("tasks", many)
    equal({result.status for result in added.value}, {m.TaskAddStatus.success})
    equal(sorted(result.task_id for result in added.value), [t.id for t in many])
    check_types(added.value[0], e_tag=str, last_modified=datetime.datetime, location=str)
    again = batch.task.add_collection("tasks", many[:1])
    equal((again.value[0].status, again.value[0].error.code), (m.TaskAddStatus.client_error, "TaskExists"))

    options = m.TaskListOptions(filter="startswith(id,'many-')", select="id,state", max_results=100)
    listed = list(batch.task.list("tasks", options))
    equal([t.id for t in listed], [t.id for t in many])
    equal({t.command_line for t in listed}, {None})
    def all_done():
        counts = batch.job.get_task_counts("tasks")
        return counts.task_counts.completed == 251 and counts
    counts = until("251 tasks completed", all_done)
    equal((counts.task_counts.succeeded, counts.task_counts.failed, counts.task_counts.active), (251, 0, 0))
    equal(counts.task_slot_counts.completed, 251)
    failed = m.TaskListOptions(filter="state eq 'completed' and executionInfo/exitCode ne 0")
    equal(list(batch.task.list("tasks", failed)), [])
    [five, *_] = batch.task.list("tasks", m.TaskListOptions(filter="id eq 'many-005'", expand="stats"))
    check_types(five.stats, wall_clock_time=datetime.timedelta, read_iops=int)
    batch.task.delete("tasks", "many-000")
    refused(404, "TaskNotFound", batch.task.get, "tasks", "many-000")


def running_tasks(batch):
    batch.task.add("tasks", task("running", FOREVER))
    found = task_in(batch, "tasks", "running", m.TaskState.running)
    equal(found.execution_info.exit_code, None)
    batch.task.update("tasks", "running", m.TaskConstraints(max_task_retry_count=2))
    equal(batch.task.get("tasks", "running").constraints.max_task_retry_count, 2)
    batch.task.terminate("tasks", "running")
    ended = task_in(batch, "tasks", "running", m.TaskState.completed)
    equal(ended.execution_info.result, m.TaskExecutionResult.failure)
    refused(409, "TaskCompleted", batch.task.terminate, "tasks", "running")
    batch.task.reactivate("tasks", "running")
    task_in(batch, "tasks", "running", m.TaskState.running)
    batch.task.delete("tasks", "running")

    retries = m.TaskConstraints(max_task_retry_count=2)
    batch.task.add("tasks", task("fails", FAILS, constraints=retries))
    failed = task_in(batch, "tasks", "fails", m.TaskState.completed)
    info = failed.execution_info
    equal((info.exit_code, info.retry_count, info.result), (3, 2, m.TaskExecutionResult.failure))
    equal((info.failure_info.category, info.failure_info.code), (m.ErrorCategory.user_error, "FailureExitCode"))
    refused(409, None, batch.task.reactivate, "tasks", "many-001")

    several = m.MultiInstanceSettings(coordination_command_line="meet", number_of_instances=2)
    batch.pool.add(pool("several", 2, enable_inter_node_communication=True))
    idle(batch, "several", 2)
    batch.job.add(m.JobAddParameter(id="several", pool_info=m.PoolInformation(pool_id="several")))
    batch.task.add("several", task("multi", multi_instance_settings=several))
    task_in(batch, "several", "multi", m.TaskState.completed)
    subtasks = batch.task.list_subtasks("several", "multi")
    equal([(s.id, s.state, s.exit_code) for s in subtasks.value], [(1, m.SubtaskState.completed, 0)])
    equal(batch.task.list_subtasks("tasks", "fails").value or [], [])
    batch.job.delete("several")
    batch.pool.delete("several")


def dependencies(batch):
    add = m.JobAddParameter(
        id="order", pool_info=m.PoolInformation(pool_id="work"), uses_task_dependencies=True,
        on_all_tasks_complete=m.OnAllTasksComplete.no_action,
    )
    batch.job.add(add)
    ranges = m.TaskDependencies(task_id_ranges=[m.TaskIdRange(start=1, end=3)])
    batch.task.add("order", task("last", depends_on=m.TaskDependencies(task_ids=["middle"])))
    batch.task.add("order", task("middle", depends_on=ranges))
    equal(batch.task.get("order", "middle").state, m.TaskState.active)
    batch.task.add_collection("order", [task("1"), task("2"), task("3")])
    last = task_in(batch, "order", "last", m.TaskState.completed)
    times = {t.id: t.execution_info for t in batch.task.list("order")}
    for number in "123":
        assert times[number].end_time <= times["middle"].start_time
    assert times["middle"].end_time <= last.execution_info.start_time
    batch.job.patch("order", m.JobPatchParameter(on_all_tasks_complete=m.OnAllTasksComplete.terminate_job))
    ended = job_in(batch, "order", m.JobState.completed)
    equal(ended.execution_info.terminate_reason, "AllTasksComplete")
    batch.job.delete("order")


def files(batch):
    done = batch.task.get("tasks", "single")
    listed = list(batch.file.list_from_task("tasks", "single", recursive=True))
    by_name = {file.name: file for file in listed}
    assert {"stdout.txt", "stderr.txt", "wd"} <= set(by_name), sorted(by_name)
    equal((by_name["wd"].is_directory, by_name["stdout.txt"].is_directory), (True, False))
    content = b"".join(batch.file.get_from_task("tasks", "single", "stdout.txt"))
    equal(len(content), by_name["stdout.txt"].properties.content_length)
    part = m.FileGetFromTaskOptions(ocp_range="bytes=1-3")
    equal(b"".join(batch.file.get_from_task("tasks", "single", "stdout.txt", part)), content[1:4])
    raw = batch.file.get_properties_from_task("tasks", "single", "stdout.txt", raw=True)
    equal((raw.headers["Content-Length"], raw.headers["ocp-batch-file-isdirectory"]), (len(content), False))
    check_types(raw.headers["ocp-creation-time"], year=int)
    assert raw.headers["ocp-batch-file-mode"].startswith("0o"), raw.headers
    refused(404, "FileNotFound", batch.file.get_from_task, "tasks", "single", "nothing.txt")
    batch.file.delete_from_task("tasks", "single", "stdout.txt")
    refused(404, "FileNotFound", batch.file.get_from_task, "tasks", "single", "stdout.txt")

    node = done.node_info.node_id
    on_node = {f.name: f for f in batch.file.list_from_compute_node("work", node, recursive=True)}
    path = "workitems/tasks/job-1/single/stderr.txt"
    assert path in on_node and "workitems/tasks/job-1/single/stdout.txt" not in on_node, sorted(on_node)[:20]
    equal(b"".join(batch.file.get_from_compute_node("work", node, path)),
          b"".join(batch.file.get_from_task("tasks", "single", "stderr.txt")))
    raw = batch.file.get_properties_from_compute_node("work", node, path, raw=True)
    equal(raw.headers["Content-Length"], on_node[path].properties.content_length)
    batch.file.delete_from_compute_node("work", node, path)
    refused(404, "FileNotFound", batch.file.get_from_compute_node, "work", node, path)


def schedules(batch):
    specification = m.JobSpecification(pool_info=m.PoolInformation(pool_id="work"), priority=3)
    weekly = m.Schedule(recurrence_interval=datetime.timedelta(days=7))
    equal(batch.job_schedule.exists("plan"), False)
    batch.job_schedule.add(m.JobScheduleAddParameter(id="plan", schedule=weekly, job_specification=specification))
    equal(batch.job_schedule.exists("plan"), True)
    refused(409, "JobScheduleExists", batch.job_schedule.add,
            m.JobScheduleAddParameter(id="plan", schedule=weekly, job_specification=specification))
    found = batch.job_schedule.get("plan")
    equal((found.state, found.schedule.recurrence_interval), (m.JobScheduleState.active, datetime.timedelta(days=7)))
    equal([s.id for s in batch.job_schedule.list()], ["plan"])
    list(batch.job.list_from_job_schedule("plan"))
    daily = m.Schedule(recurrence_interval=datetime.timedelta(days=1))
    batch.job_schedule.patch("plan", m.JobSchedulePatchParameter(schedule=daily))
    patched = batch.job_schedule.get("plan")
    equal((patched.schedule.recurrence_interval.days, patched.job_specification.priority), (1, 3))
    other = m.JobSpecification(pool_info=m.PoolInformation(pool_id="work"))
    batch.job_schedule.update("plan", m.JobScheduleUpdateParameter(schedule=weekly, job_specification=other))
    equal(batch.job_schedule.get("plan").schedule.recurrence_interval.days, 7)
    batch.job_schedule.disable("plan")
    equal(batch.job_schedule.get("plan").state, m.JobScheduleState.disabled)
    batch.job_schedule.enable("plan")
    equal(batch.job_schedule.get("plan").state, m.JobScheduleState.active)
    batch.job_schedule.terminate("plan")
    until("a completed schedule", lambda: batch.job_schedule.get("plan").state == m.JobScheduleState.completed)
    batch.job_schedule.delete("plan")
    gone("schedule plan", "JobScheduleNotFound", batch.job_schedule.get, "plan")


def certificates(batch):
    thumbprint = "cff2ab63c8c955aaf71989efa641b906558d9fb7"
    name = ("sha1", thumbprint)
    certificate = m.CertificateAddParameter(
        thumbprint=thumbprint, thumbprint_algorithm="sha1", data="MIIGMQIBAzCCBe0=",
        certificate_format=m.CertificateFormat.pfx, password="nodesdk",
    )
    batch.certificate.add(certificate)
    refused(409, "CertificateExists", batch.certificate.add, certificate)
    found = batch.certificate.get(*name)
    equal((found.thumbprint, found.state), (thumbprint, m.CertificateState.active))
    equal([c.thumbprint for c in batch.certificate.list()], [thumbprint])
    refused(409, "CertificateStateActive", batch.certificate.cancel_deletion, *name)
    reference = m.CertificateReference(thumbprint=thumbprint, thumbprint_algorithm="sha1", store_location="currentUser")
    windows = m.CloudServiceConfiguration(os_family="6")
    batch.pool.add(pool("user", virtual_machine_configuration=None, cloud_service_configuration=windows,
                        certificate_references=[reference]))
    batch.certificate.delete(*name)
    failed = until("a failed deletion", lambda: (c := batch.certificate.get(*name)).state
                   == m.CertificateState.delete_failed and c)
    assert failed.delete_certificate_error.code, failed.as_dict()
    batch.certificate.cancel_deletion(*name)
    equal(batch.certificate.get(*name).state, m.CertificateState.active)
    batch.pool.delete("user")
    gone("pool user", "PoolNotFound", batch.pool.get, "user")
    batch.certificate.delete(*name)
    gone("certificate", "CertificateNotFound", batch.certificate.get, *name)


def errors(batch):
    error = refused(400, "InvalidPropertyValue", batch.pool.add, pool("bad id"))
    assert {"PropertyName", "PropertyValue", "Reason"} <= set(values(error)), values(error)
    equal((values(error)["PropertyName"], values(error)["PropertyValue"]), ("id", "bad id"))
    refused(400, "InvalidPropertyValue", batch.pool.add, pool("p", -1))
    missing = refused(400, "MissingRequiredProperty", raw_add(batch), {"id": "p"})
    equal(values(missing)["PropertyName"], "vmSize")
    refused(400, None, raw_add(batch), {"id": "p", "vmSize": 7})
    huge = task("huge", m.EnvironmentSetting(name="X", value="x" * (1 << 20)))
    refused(413, "RequestBodyTooLarge", batch.task.add, "tasks", huge)
    # The client splits a collection over the limit until its parts fit.
    big = [task(f"big-{n:02}", m.EnvironmentSetting(name="X", value="x" * 30_000)) for n in range(100)]
    equal(len(batch.task.add_collection("tasks", big).value), 100)
    # The client itself rejects a page size above 1000.
    try:
        list(batch.job.list(m.JobListOptions(max_results=1001)))
        raise AssertionError("the client accepted a page size of 1001")
    except ValidationError as error:
        equal(error.rule, "maximum")
    refused(400, "InvalidQueryParameterValue", batch.job.list, m.JobListOptions(expand="everything"))
    for echoed in (True, False):
        named = m.PoolGetOptions(client_request_id="0f8fad5b-d9cb-469f-a165-70867728950e", return_client_request_id=echoed)
        headers = batch.pool.get("work", named, raw=True).response.headers
        equal(headers.get("client-request-id"), named.client_request_id if echoed else None)


def raw_add(batch):
    """Adds a pool from any JSON, without the client's models but through its pipeline."""
    def add(body):
        query = {"api-version": batch.api_version}
        headers = {"Content-Type": "application/json; odata=minimalmetadata"}
        request = batch._client.post(f"{batch.config.batch_url}/pools", query, headers, body)
        response = batch._client.send(request)
        if response.status_code != 201:
            raise m.BatchErrorException(batch._deserialize, response)
        return response
    return add


def authentication(batch, service, coverage):
    wrong = client(service.url, _emulator.ACCOUNT, "d3Jvbmc=", coverage)
    error = refused(403, "AuthenticationFailed", wrong.pool.get, "work")
    detail = values(error)["AuthenticationErrorDetail"]
    assert f"/{_emulator.ACCOUNT}/pools/work" in detail, detail
    refused(403, "AuthenticationFailed", client(service.url, "other", _emulator.KEY, coverage).pool.get, "work")
    old = m.PoolGetOptions(ocp_date=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20))
    refused(403, "AuthenticationFailed", batch.pool.get, "work", old)
    # A HEAD response has no body that could say why.
    equal(refused(403, None, wrong.pool.exists, "work").response.content, b"")


def quirks(batch):
    """Checks that responses above really deviated from the description."""
    text = batch.pool.get("work", raw=True).response.text
    assert '"nodeFillType":"Spread"' in text, text
    counts = next(count for count in batch.account.list_pool_node_counts() if count.pool_id == "work")
    equal(counts.dedicated.upgrading_os, None)
    equal(counts.dedicated.additional_properties["deallocated"], 0)
    equal(batch.application.get(APPLICATION).display_name, None)


PARTS = [
    account, applications, pools, sizes, autoscale, pages, conditions, nodes, cloud_service, jobs, preparation, tasks,
    running_tasks, dependencies, files, schedules, certificates, errors,
]


def run(*more):
    """Runs all parts against a new service, and returns the number of failures."""
    coverage = _emulator.Coverage()
    start = time.monotonic()
    failed = 0
    arguments = ["--clock-speed", str(CLOCK_SPEED), "--application", f"{APPLICATION}=1.0,2.0", *more]
    with _emulator.service(*arguments) as service:
        batch = client(service.url, _emulator.ACCOUNT, _emulator.KEY, coverage)
        parts = [(part.__name__, lambda part=part: part(batch)) for part in PARTS]
        parts.append(("authentication", lambda: authentication(batch, service, coverage)))
        if "--quirks" in more:
            parts.append(("quirks", lambda: quirks(batch)))
        for name, part in parts:
            try:
                part()
            except Exception:  # Report each failure, and continue with the other parts.
                failed += 1
                print(f"{name}: {traceback.format_exc(limit=-4)}")
        problems = list(service.problems())
    problems += [f"{id} was never called successfully" for id in coverage.missing()]
    for problem in problems:
        print(problem)
    called = len(coverage.called)
    print(
        f"azure-batch{''.join(f' {option}' for option in more)}: {len(parts)} parts, {coverage.requests} requests in "
        f"{time.monotonic() - start:.1f} s, {called} of {len(coverage.operations)} operations: "
        f"{failed} parts failed, {len(problems)} problems"
    )
    return failed + len(problems)


def main():
    """Runs once as described, and once with the live service's deviations, all of which the official client tolerates."""
    return 1 if run() + run("--quirks") else 0


if __name__ == "__main__":
    sys.exit(main())
