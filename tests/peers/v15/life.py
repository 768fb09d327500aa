"""Checks that the newest official client, azure-batch 15, works with the emulator at 2025-06-01.

With a shared key and with a token of the emulator's own token service, over TLS, it calls every operation that its
version of the API has. An operation that was never called successfully is a failure.

    python tests/peers/v15/life.py       with BATCH_EMULATOR naming the built program, PYTHONPATH the folder above
"""

import datetime
import os
import pathlib
import sys
import tempfile
import traceback

from azure.batch import models as m
from azure.core.credentials import AzureNamedKeyCredential

import _emulator
from _client15 import TIMEOUT, VERSION, Tokens, client, contains, equal, refused, until

CLOCK_SPEED = 50
TASKS = 5_000
APPLICATION = "calculator"
# Longer than this script runs, in the service's time: such a task runs until it is terminated.
FOREVER = m.EnvironmentSetting(name="EMULATOR_SECONDS", value="10000000")
# Between two polls of the client's pollers, in seconds.
FAST = {"polling_interval": 0.02}


def machine(**more):
    image = m.BatchVmImageReference(publisher="canonical", offer="0001-com-ubuntu-server-jammy", sku="22_04-lts")
    return m.VirtualMachineConfiguration(image_reference=image, node_agent_sku_id="batch.node.ubuntu 22.04", **more)


def pool(id, nodes=0, **more):
    return m.BatchPoolCreateOptions(
        id=id, vm_size="standard_d2s_v3", target_dedicated_nodes=nodes,
        **{"virtual_machine_configuration": machine(), **more},
    )


def task(id, *environment, **more):
    return m.BatchTaskCreateOptions(id=id, command_line=f"echo {id}", environment_settings=list(environment) or None,
                                    **more)


def on(pool):
    return m.BatchPoolInfo(pool_id=pool)


def idle(batch, pool, count):
    def found():
        nodes = list(batch.list_nodes(pool))
        return len(nodes) == count and all(node.state == m.BatchNodeState.IDLE for node in nodes) and nodes
    return until(f"{count} idle nodes in {pool}", found)


def task_in(batch, job, id, state):
    def found():
        task = batch.get_task(job, id)
        return task.state == state and task
    return until(f"task {job}/{id} to be {state}", found)


def account(batch):
    images = list(batch.list_supported_images(filter="osType eq 'linux'"))
    assert images and all(image.os_type == m.OSType.LINUX for image in images), images[:1]
    equal([application.id for application in batch.list_applications()], [APPLICATION])
    equal(batch.get_application(APPLICATION).versions, ["1.0", "2.0"])
    equal(list(batch.list_pool_usage_metrics()), [])


def pools(batch):
    """What 2025-06-01 has added, and the changes of a pool."""
    key = m.DiskCustomerManagedKey(
        key_url="https://vault.example/keys/disk/1",
        identity_reference=m.BatchPoolIdentityReference(resource_id="/subscriptions/s/identities/i"),
    )
    security = m.BatchVmDiskSecurityProfile(security_encryption_type=m.SecurityEncryptionTypes.DISK_WITH_VM_GUEST_STATE)
    disk = m.DataDisk(logical_unit_number=0, disk_size_gb=64, managed_disk=m.ManagedDisk(security_profile=security))
    addresses = m.BatchPublicIpAddressConfiguration(
        ip_families=[m.IPFamily.IPV4, m.IPFamily.IPV6],
        ip_tags=[m.IPTag(ip_tag_type="FirstPartyUsage", tag="SQL")],
    )
    policy = m.BatchTaskSchedulingPolicy(
        node_fill_type=m.BatchNodeFillType.PACK, job_default_order=m.BatchJobDefaultOrder.CREATION_TIME
    )
    new = pool(
        "sizes", 2, task_scheduling_policy=policy,
        virtual_machine_configuration=machine(
            data_disks=[disk], disk_encryption_configuration=m.DiskEncryptionConfiguration(customer_managed_key=key)
        ),
        network_configuration=m.NetworkConfiguration(public_ip_address_configuration=addresses),
    )
    # The package raises for every 404, this one included.
    refused(404, None, batch.pool_exists, "sizes")
    batch.create_pool(new)
    equal(batch.pool_exists("sizes"), True)
    refused(409, "PoolExists", batch.create_pool, new)
    refused(404, "PoolNotFound", batch.get_pool, "nothing")
    idle(batch, "sizes", 2)
    found = batch.get_pool("sizes")
    for name in ["virtual_machine_configuration", "task_scheduling_policy"]:
        contains(getattr(found, name).as_dict(), getattr(new, name).as_dict())
    shown = found.network_configuration.public_ip_address_configuration
    equal((shown.ip_families, shown.ip_tags[0].tag), (["IPv4", "IPv6"], "SQL"))

    # Only a pool without nodes takes most changes.
    changes = m.BatchPoolUpdateOptions(display_name="Empty", task_slots_per_node=1)
    refused(409, "OperationNotValidOnPool", batch.update_pool, "sizes", changes)
    batch.create_pool(pool("empty"))
    batch.update_pool("empty", changes)
    equal(batch.get_pool("empty", select=["id", "displayName"]).display_name, "Empty")
    metadata = [m.BatchMetadataItem(name="owner", value="peers ä")]
    batch.replace_pool_properties(
        "sizes", m.BatchPoolReplaceOptions(application_package_references=[], metadata=metadata)
    )
    equal(batch.get_pool("sizes").metadata[0].value, "peers ä")
    refused(400, "InvalidQueryParameterValue", batch.get_pool, "sizes", select=["resourceTags"])
    refused(400, "InvalidQueryParameterValue", batch.get_pool, "sizes", select=["certificateReferences"])
    equal([p.id for p in batch.list_pools(filter="startswith(id,'si')", max_results=1)], ["sizes"])


def resizes(batch):
    batch.begin_resize_pool("sizes", m.BatchPoolResizeOptions(target_dedicated_nodes=3), **FAST).result()
    nodes = idle(batch, "sizes", 3)
    batch.begin_remove_nodes("sizes", m.BatchNodeRemoveOptions(node_ids=[nodes[0].id]), **FAST).result()
    equal(batch.get_pool("sizes").current_dedicated_nodes, 2)
    # A resize that waits for a running task is stopped.
    batch.create_job(m.BatchJobCreateOptions(id="sizes", pool_info=on("sizes")))
    batch.create_task("sizes", task("running", FOREVER))
    task_in(batch, "sizes", "running", m.BatchTaskState.RUNNING)
    wait = m.BatchPoolResizeOptions(
        target_dedicated_nodes=0, node_deallocation_option=m.BatchNodeDeallocationOption.TASK_COMPLETION
    )
    batch.begin_resize_pool("sizes", wait, polling_interval=TIMEOUT)
    batch.begin_stop_pool_resize("sizes", **FAST).result()
    equal(batch.get_pool("sizes").resize_errors[0].code, "ResizeStopped")
    batch.begin_delete_job("sizes", **FAST).result()
    batch.enable_pool_auto_scale(
        "sizes", m.BatchPoolEnableAutoScaleOptions(auto_scale_formula="$TargetDedicatedNodes=1")
    )
    formula = m.BatchPoolEvaluateAutoScaleOptions(auto_scale_formula="$TargetDedicatedNodes=2")
    run = batch.evaluate_pool_auto_scale("sizes", formula)
    assert run.results.startswith("$TargetDedicatedNodes=2;") and run.error is None, run.as_dict()
    until("a steady pool", lambda: batch.get_pool("sizes").allocation_state == m.AllocationState.STEADY)
    batch.disable_pool_auto_scale("sizes")
    batch.begin_delete_pool("sizes", **FAST).result()
    refused(404, "PoolNotFound", batch.get_pool, "sizes")


def nodes(batch):
    extension = m.VMExtension(name="monitor", publisher="contoso", type="Monitor", type_handler_version="1.0")
    batch.create_pool(pool("nodes", 2, virtual_machine_configuration=machine(extensions=[extension])))
    node = idle(batch, "nodes", 2)[0].id
    user = m.BatchNodeUserCreateOptions(name="otto", password="secret-1", is_admin=True)
    batch.create_node_user("nodes", node, user)
    batch.replace_node_user("nodes", node, "otto", m.BatchNodeUserReplaceOptions(password="secret-2"))
    batch.delete_node_user("nodes", node, "otto")
    # The package cannot make the calls whose body is optional without one (`ValueError: No value for given
    # attribute`, for a Content-Type that it has set to `None`), so they all get their options here.
    requeue = m.BatchNodeDisableSchedulingOptions(
        node_disable_scheduling_option=m.BatchNodeDisableSchedulingOption.REQUEUE
    )
    batch.disable_node_scheduling("nodes", node, requeue)
    equal(batch.get_node("nodes", node).scheduling_state, m.SchedulingState.DISABLED)
    batch.enable_node_scheduling("nodes", node)
    equal(batch.get_node("nodes", node).scheduling_state, m.SchedulingState.ENABLED)
    assert batch.get_node_remote_login_settings("nodes", node).remote_login_port
    now = datetime.datetime.now(datetime.timezone.utc)
    logs = m.UploadBatchServiceLogsOptions(container_url="https://a.blob.core.windows.net/l?sig=x", start_time=now)
    assert batch.upload_node_logs("nodes", node, logs).number_of_files_uploaded >= 0
    names = [e.vm_extension.name for e in batch.list_node_extensions("nodes", node)]
    assert "monitor" in names, names
    equal(batch.get_node_extension("nodes", node, "monitor").vm_extension.publisher, "contoso")

    batch.begin_deallocate_node("nodes", node, {"nodeDeallocateOption": "terminate"}, **FAST).result()
    equal(batch.get_node("nodes", node).state, m.BatchNodeState.DEALLOCATED)
    [counts] = [c for c in batch.list_pool_node_counts() if c.pool_id == "nodes"]
    equal((counts.dedicated.deallocated, counts.dedicated.idle, counts.dedicated.total), (1, 1, 2))
    batch.begin_start_node("nodes", node, **FAST).result()
    idle(batch, "nodes", 2)
    batch.begin_reboot_node("nodes", node, {"nodeRebootOption": "requeue"}, **FAST).result()
    idle(batch, "nodes", 2)
    batch.begin_reimage_node("nodes", node, {"nodeReimageOption": "requeue"}, **FAST).result()
    idle(batch, "nodes", 2)


def jobs(batch):
    setup = m.BatchJobPreparationTask(command_line="setup")
    cleanup = m.BatchJobReleaseTask(command_line="cleanup")
    batch.create_job(m.BatchJobCreateOptions(
        id="work", pool_info=on("nodes"), priority=7, job_preparation_task=setup, job_release_task=cleanup
    ))
    refused(409, "JobExists", batch.create_job, m.BatchJobCreateOptions(id="WORK", pool_info=on("nodes")))
    batch.update_job("work", m.BatchJobUpdateOptions(priority=9))
    found = batch.get_job("work", expand=["stats"])
    equal((found.priority, found.state), (9, m.BatchJobState.ACTIVE))
    # The body of the replacement is the whole job, as it was read.
    found.priority = 11
    batch.replace_job("work", found)
    equal(batch.get_job("work").priority, 11)
    equal([job.id for job in batch.list_jobs(filter="state eq 'active'", select=["id"])], ["work"])
    requeue = m.BatchJobDisableOptions(disable_tasks=m.DisableBatchJobOption.REQUEUE)
    batch.begin_disable_job("work", requeue, **FAST).result()
    equal(batch.get_job("work").state, m.BatchJobState.DISABLED)
    batch.begin_enable_job("work", **FAST).result()
    equal(batch.get_job("work").state, m.BatchJobState.ACTIVE)


def tasks(batch):
    batch.create_task("work", task("single", display_name="One ä"))
    done = task_in(batch, "work", "single", m.BatchTaskState.COMPLETED)
    equal((done.display_name, done.execution_info.exit_code), ("One ä", 0))
    refused(409, "TaskExists", batch.create_task, "work", task("single"))
    batch.create_task("work", task("running", FOREVER))
    found = task_in(batch, "work", "running", m.BatchTaskState.RUNNING)
    found.constraints = m.BatchTaskConstraints(max_task_retry_count=2)
    batch.replace_task("work", "running", found)
    equal(batch.get_task("work", "running").constraints.max_task_retry_count, 2)
    batch.terminate_task("work", "running")
    task_in(batch, "work", "running", m.BatchTaskState.COMPLETED)
    batch.reactivate_task("work", "running")
    task_in(batch, "work", "running", m.BatchTaskState.RUNNING)
    batch.delete_task("work", "running")
    refused(404, "TaskNotFound", batch.get_task, "work", "running")
    equal(list(batch.list_subtasks("work", "single")), [])


def many_tasks(batch):
    """`create_tasks` splits into requests of 100, in four threads."""
    # They wait for a pool that stays empty.
    batch.create_job(m.BatchJobCreateOptions(id="many", pool_info=on("empty")))
    many = [task(f"t{number:04}") for number in range(TASKS)]
    added = batch.create_tasks("many", many, max_concurrency=4)
    equal({result.status for result in added.result_values}, {m.BatchTaskAddStatus.SUCCESS})
    equal(sorted(result.task_id for result in added.result_values), [t.id for t in many])
    counts = batch.get_job_task_counts("many")
    equal((counts.task_counts.active, counts.task_slot_counts.active), (TASKS, TASKS))
    listed = list(batch.list_tasks("many", select=["id", "state"], max_results=1000))
    equal([t.id for t in listed], [t.id for t in many])
    one = batch.create_task_collection("many", m.BatchTaskGroup(task_values=many[:1])).result_values[0]
    equal((one.status, one.error.code), (m.BatchTaskAddStatus.CLIENT_ERROR, "TaskExists"))
    batch.begin_delete_job("many", force=True, **FAST).result()
    refused(404, "JobNotFound", batch.get_job, "many")


def files(batch):
    by_name = {file.name: file for file in batch.list_task_files("work", "single", recursive=True)}
    content = b"".join(batch.download_task_file("work", "single", "stdout.txt"))
    # A number that this version writes as text.
    equal(int(by_name["stdout.txt"].properties.content_length), len(content))
    equal(b"".join(batch.download_task_file("work", "single", "stdout.txt", ocp_range="bytes=1-3")), content[1:4])
    shown = batch.get_task_file_properties("work", "single", "stdout.txt")
    equal((int(shown.content_length), shown.is_directory), (len(content), False))
    node = batch.get_task("work", "single").node_info.node_id
    path = "workitems/work/job-1/single/stderr.txt"
    on_node = {file.name for file in batch.list_node_files("nodes", node, recursive=True)}
    assert path in on_node, sorted(on_node)[:20]
    equal(b"".join(batch.download_node_file("nodes", node, path)), b"".join(
        batch.download_task_file("work", "single", "stderr.txt")))
    assert int(batch.get_node_file_properties("nodes", node, path).content_length) >= 0
    batch.delete_node_file("nodes", node, path)
    # The package does not read the body of a download that failed.
    refused(404, None, batch.download_node_file, "nodes", node, path)
    batch.delete_task_file("work", "single", "stdout.txt")
    refused(404, None, batch.download_task_file, "work", "single", "stdout.txt")


def ends(batch):
    # Options are a model in the package that has no public name: a mapping is taken, too.
    batch.begin_terminate_job("work", {"terminateReason": "enough"}, force=True, **FAST).result()
    ended = batch.get_job("work")
    equal((ended.state, ended.execution_info.termination_reason), (m.BatchJobState.COMPLETED, "enough"))
    states = list(batch.list_job_preparation_and_release_task_status("work"))
    assert states and all(state.pool_id == "nodes" for state in states), states
    batch.begin_delete_job("work", **FAST).result()


def schedules(batch):
    weekly = m.BatchJobScheduleConfiguration(recurrence_interval=datetime.timedelta(days=7))
    specification = m.BatchJobSpecification(pool_info=on("nodes"), priority=3)
    refused(404, None, batch.job_schedule_exists, "plan")
    batch.create_job_schedule(
        m.BatchJobScheduleCreateOptions(id="plan", schedule=weekly, job_specification=specification)
    )
    equal(batch.job_schedule_exists("plan"), True)
    equal([schedule.id for schedule in batch.list_job_schedules()], ["plan"])
    until("a job of the schedule", lambda: list(batch.list_jobs_from_schedule("plan")))
    daily = m.BatchJobScheduleConfiguration(recurrence_interval=datetime.timedelta(days=1))
    batch.update_job_schedule("plan", m.BatchJobScheduleUpdateOptions(schedule=daily))
    found = batch.get_job_schedule("plan")
    equal((found.schedule.recurrence_interval.days, found.job_specification.priority), (1, 3))
    found.schedule = weekly
    batch.replace_job_schedule("plan", found)
    equal(batch.get_job_schedule("plan").schedule.recurrence_interval.days, 7)
    batch.disable_job_schedule("plan")
    equal(batch.get_job_schedule("plan").state, m.BatchJobScheduleState.DISABLED)
    batch.enable_job_schedule("plan")
    batch.begin_terminate_job_schedule("plan", force=True, **FAST).result()
    equal(batch.get_job_schedule("plan").state, m.BatchJobScheduleState.COMPLETED)
    batch.begin_delete_job_schedule("plan", **FAST).result()
    refused(404, "JobScheduleNotFound", batch.get_job_schedule, "plan")
    for id in ["nodes", "empty"]:
        batch.begin_delete_pool(id, **FAST).result()


PARTS = [account, pools, resizes, nodes, jobs, tasks, many_tasks, files, ends, schedules]


def life(service, credential):
    """Runs all parts, each after the other; returns the requests and the failures."""
    coverage = _emulator.Coverage(VERSION)
    batch = client(service.url, credential, coverage)
    failed = 0
    for part in PARTS:
        try:
            part(batch)
        except Exception:  # the next parts may show more
            failed += 1
            print(f"{part.__name__}:")
            traceback.print_exc(file=sys.stdout)
    for problem in service.problems():
        failed += 1
        print(problem)
    missing = coverage.missing()
    if missing:
        failed += 1
        print("never successful:", ", ".join(missing))
    return coverage, failed


def main():
    failures, requests_sent, operations = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        ca = pathlib.Path(folder, "ca.pem")
        os.environ["REQUESTS_CA_BUNDLE"] = str(ca)
        for name in ["key", "token"]:
            options = ["--tls", "--ca", str(ca), "--dev-sts", "--clock-speed", str(CLOCK_SPEED),
                       "--application", f"{APPLICATION}=1.0,2.0"]
            with _emulator.service(*options) as service:
                token = Tokens(service.url)
                key = AzureNamedKeyCredential(_emulator.ACCOUNT, _emulator.KEY)
                coverage, failed = life(service, key if name == "key" else token)
                print(f"{name}: {coverage.requests} requests, {failed} failures")
                equal(token.asked > 0, name == "token")
            failures += failed
            requests_sent += coverage.requests
            operations = len(coverage.called)
    print(f"{operations} operations, {2 * TASKS} tasks, {requests_sent} requests, with a key and with tokens")
    return failures


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
