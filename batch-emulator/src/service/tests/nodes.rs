//! Tests of the life of a node, and of its files.

use super::*;

fn one_node(more: Value) -> (Bench, String) {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool("p", merged(json!({"targetDedicatedNodes": 1}), more)),
    );
    bench.at(40);
    let node = bench.node_ids("p").remove(0);
    (bench, node)
}

#[test]
fn a_node_is_described() {
    let nat = json!([{"name": "n", "protocol": "tcp", "backendPort": 80, "frontendPortRangeStart": 6000, "frontendPortRangeEnd": 6100}]);
    let network = json!({"endpointConfiguration": {"inboundNATPools": nat}});
    let (mut bench, node) =
        one_node(json!({"startTask": {"commandLine": "s"}, "networkConfiguration": network}));
    let shown = bench.get("ComputeNode_Get", &["p", &node]);
    assert_fits(&shown, "ComputeNode");
    assert!(
        node.starts_with("tvmps_") && node.ends_with("_d") && node.len() == 72,
        "{node}"
    );
    assert_eq!(
        (&shown["state"], &shown["startTaskInfo"]["result"]),
        (&json!("idle"), &json!("success"))
    );
    assert_eq!(
        shown["endpointConfiguration"]["inboundEndpoints"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(
        bench.refused("ComputeNode_Get", &["p", "n"], Value::Null),
        (404, "NodeNotFound")
    );
}

#[test]
fn a_failed_start_task_keeps_the_node_from_use() {
    let start = merged(
        json!({"commandLine": "s"}),
        environment(&[("EMULATOR_EXIT_CODE", "3")]),
    );
    let (mut bench, node) = one_node(json!({"startTask": start}));
    let shown = bench.get("ComputeNode_Get", &["p", &node]);
    assert_fits(&shown, "ComputeNode");
    assert_eq!(
        (&shown["state"], &shown["startTaskInfo"]["exitCode"]),
        (&json!("starttaskfailed"), &json!(3))
    );
    let user = json!({"name": "u"});
    assert_eq!(
        bench.refused("ComputeNode_AddUser", &["p", &node], user),
        (409, "NodeStateUnusable")
    );
}

#[test]
fn users_come_and_go() {
    let (mut bench, node) = one_node(json!({}));
    let ids = ["p", &node, "u"];
    let reply = bench
        .call(
            "ComputeNode_AddUser",
            &ids[..2],
            &[],
            json!({"name": "u", "password": "x"}),
        )
        .expect("added");
    let expected = format!("http://127.0.0.1:4321/pools/p/nodes/{node}/users/u");
    assert_eq!(reply.data_service_id, Some(expected));
    assert_eq!(
        bench.refused("ComputeNode_AddUser", &ids[..2], json!({"name": "u"})),
        (409, "NodeUserExists")
    );
    bench.done("ComputeNode_UpdateUser", &ids, json!({"sshPublicKey": "k"}));
    bench.done("ComputeNode_DeleteUser", &ids, Value::Null);
    assert_eq!(
        bench.refused("ComputeNode_DeleteUser", &ids, Value::Null),
        (404, "NodeUserNotFound")
    );
    assert_eq!(
        bench.refused("ComputeNode_UpdateUser", &ids, json!({})),
        (404, "NodeUserNotFound")
    );
}

#[test]
fn a_node_is_deallocated_and_started_again() {
    let (mut bench, node) = one_node(json!({}));
    bench.add_job("j", json!({}));
    bench.add_task("j", "t", json!({}));
    assert_eq!(
        bench.refused("ComputeNode_Start", &["p", &node], json!({})),
        (409, "OperationNotValidOnNode")
    );
    bench.done("ComputeNode_Deallocate", &["p", &node], json!({}));
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["deallocating".into()], "t:active".into())
    );
    bench.at(60);
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["deallocated".into()], "t:active".into())
    );
    let counts = bench.get("Account_ListPoolNodeCounts", &[]);
    assert_eq!(counts["value"][0]["dedicated"]["deallocated"], 1);
    assert_eq!(
        bench.refused("ComputeNode_Reboot", &["p", &node], json!({})),
        (409, "OperationNotValidOnNode")
    );
    bench.done("ComputeNode_Start", &["p", &node], json!({}));
    assert_eq!(bench.node_states("p"), ["starting"]);
    bench.at(72);
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["running".into()], "t:running".into())
    );
}

#[test]
fn a_node_restarts_and_its_task_is_queued_again() {
    let (mut bench, node) = one_node(json!({}));
    bench.add_job("j", json!({}));
    bench.add_task("j", "t", json!({}));
    assert_eq!(bench.states("j"), "t:running");
    bench.done("ComputeNode_Reboot", &["p", &node], json!({}));
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["rebooting".into()], "t:active".into())
    );
    assert_eq!(
        bench.refused("ComputeNode_Reboot", &["p", &node], json!({})),
        (409, "NodeBeingRebooted")
    );
    bench.at(60);
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["running".into()], "t:running".into())
    );
    let task = bench.task("j", "t");
    assert_eq!(task["executionInfo"]["requeueCount"], 1);
    let body = json!({"nodeReimageOption": "taskcompletion"});
    assert_eq!(
        bench.refused("ComputeNode_Reimage", &["p", &node], body.clone()),
        (409, "OperationNotValidOnNode")
    );
    bench.reimage("p", &node, body);
    assert_eq!(bench.node_states("p"), ["running"]);
    bench.at(70);
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["reimaging".into()], "t:completed".into())
    );
    bench.at(90);
    assert_eq!(bench.node_states("p"), ["idle"]);
}

#[test]
fn scheduling_on_a_node_is_disabled() {
    let (mut bench, node) = one_node(json!({}));
    let ids = ["p", node.as_str()];
    let already = (409, "NodeAlreadyInTargetSchedulingState");
    assert_eq!(
        bench.refused("ComputeNode_EnableScheduling", &ids, Value::Null),
        already
    );
    bench.add_job("j", json!({}));
    bench.add_task("j", "t", json!({}));
    bench.done(
        "ComputeNode_DisableScheduling",
        &ids,
        json!({"nodeDisableSchedulingOption": "terminate"}),
    );
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["offline".into()], "t:completed".into())
    );
    assert_eq!(
        bench.refused("ComputeNode_DisableScheduling", &ids, Value::Null),
        already
    );
    bench.add_task("j", "u", json!({}));
    assert_eq!(bench.states("j"), "t:completed u:active");
    bench.done("ComputeNode_EnableScheduling", &ids, Value::Null);
    assert_eq!(
        (bench.node_states("p"), bench.states("j")),
        (vec!["running".into()], "t:completed u:running".into())
    );
}

#[test]
fn named_nodes_are_removed() {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"targetDedicatedNodes": 2})),
    );
    bench.at(30);
    let nodes = bench.node_ids("p");
    assert_eq!(
        bench.refused("Pool_RemoveNodes", &["p"], json!({"nodeList": ["n"]})),
        (404, "NodeNotFound")
    );
    bench.add_job("j", json!({}));
    for id in ["a", "b"] {
        bench.add_task("j", id, json!({}));
    }
    let option =
        json!({"nodeList": [nodes[0], nodes[0]], "nodeDeallocationOption": "taskcompletion"});
    bench.done("Pool_RemoveNodes", &["p"], option);
    assert_eq!(bench.node_states("p"), ["running", "running"]);
    bench.at(60);
    assert_eq!(bench.node_ids("p"), nodes[1..]);
    let shown = bench.get("Pool_Get", &["p"]);
    assert_eq!(
        (&shown["allocationState"], &shown["targetDedicatedNodes"]),
        (&json!("steady"), &json!(1))
    );
}

#[test]
fn login_settings_depend_on_the_kind_of_pool() {
    let (mut bench, node) = one_node(json!({}));
    let settings = bench.get("ComputeNode_GetRemoteLoginSettings", &["p", &node]);
    assert_fits(&settings, "ComputeNodeGetRemoteLoginSettingsResult");
    let refused = bench.refused("ComputeNode_GetRemoteDesktop", &["p", &node], Value::Null);
    assert_eq!(refused, (409, "OperationNotValidOnPool"));
    let mut cloud = pool(
        "c",
        json!({"targetDedicatedNodes": 1, "cloudServiceConfiguration": {"osFamily": "5"}}),
    );
    cloud
        .as_object_mut()
        .expect("a pool")
        .remove("virtualMachineConfiguration");
    bench.done("Pool_Add", &[], cloud);
    bench.at(100);
    let node = bench.node_ids("c").remove(0);
    assert!(
        text(&bench.get("ComputeNode_GetRemoteDesktop", &["c", &node]))
            .starts_with("full address:s:")
    );
    let refused = bench.refused(
        "ComputeNode_GetRemoteLoginSettings",
        &["c", &node],
        Value::Null,
    );
    assert_eq!(refused, (409, "OperationNotValidOnPool"));
    let result = bench.done(
        "ComputeNode_UploadBatchServiceLogs",
        &["c", &node],
        json!({"containerUrl": "u"}),
    );
    assert_fits(&result, "UploadBatchServiceLogsResult");
}

#[test]
fn extensions_come_from_the_pool() {
    let extension =
        json!({"name": "x", "publisher": "p", "type": "t", "protectedSettings": {"k": "v"}});
    let mut body = pool("p", json!({"targetDedicatedNodes": 1}));
    body["virtualMachineConfiguration"]["extensions"] = json!([extension]);
    let mut bench = Bench::new();
    bench.done("Pool_Add", &[], body);
    bench.at(30);
    let node = bench.node_ids("p").remove(0);
    let listed = bench.get("ComputeNodeExtension_List", &["p", &node]);
    let shown = bench.get("ComputeNodeExtension_Get", &["p", &node, "X"]);
    assert_fits(&shown, "NodeVMExtension");
    assert_eq!(
        (&listed["value"][1], &shown["provisioningState"]),
        (&shown, &json!("Succeeded"))
    );
    let own = &listed["value"][0]["vmExtension"];
    assert_eq!(own["name"], "batchNodeExtension");
    assert_eq!(shown["vmExtension"].get("protectedSettings"), None);
    let refused = bench.refused("ComputeNodeExtension_Get", &["p", &node, "y"], Value::Null);
    assert_eq!(refused, (404, "ResourceNotFound"));
}

#[test]
fn tasks_leave_files() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    let node = bench.node_ids("p").remove(0);
    assert_eq!(
        bench.get("File_ListFromComputeNode", &["p", &node])["value"]
            .as_array()
            .map(Vec::len),
        Some(6)
    );
    bench.add_task("j", "t", json!({}));
    bench.add_task("j", "u", json!({}));
    let early = (409, "OperationInvalidForCurrentState");
    assert_eq!(
        bench.refused("File_ListFromTask", &["j", "u"], Value::Null),
        early
    );
    assert_eq!(
        bench.refused("File_GetFromTask", &["j", "u", "stdout.txt"], Value::Null),
        early
    );
    bench.at(40);
    let listed = bench.get("File_ListFromTask", &["j", "t"]);
    for (file, name) in
        listed["value"]
            .as_array()
            .expect("files")
            .iter()
            .zip(["stderr.txt", "stdout.txt", "wd"])
    {
        assert_fits(file, "NodeFile");
        assert_eq!(file["name"], name);
    }
    assert_eq!(
        bench.get("File_GetFromTask", &["j", "t", "stdout.txt"]),
        "simulated: run\n"
    );
    let path = "workitems/j/job-1/t/stdout.txt";
    assert_eq!(
        bench.get("File_GetFromComputeNode", &["p", &node, path]),
        "simulated: run\n"
    );
    let mut head = request(
        "File_GetPropertiesFromTask",
        &["j", "t", "stdout.txt"],
        &[],
        Value::Null,
    );
    let file = bench.ask(&head).expect("a file").file.expect("headers");
    assert_eq!(
        (file.length, file.is_directory, file.mode.as_deref()),
        (15, false, Some("0o100644"))
    );
    head.conditions.if_modified_since = Some(bench.account.state.now.date());
    assert_eq!(bench.ask(&head).expect_err("nothing newer").status, 304);
    let mut get = request(
        "File_GetFromTask",
        &["j", "t", "stdout.txt"],
        &[],
        Value::Null,
    );
    get.range = Some("bytes=0-8".into());
    assert_eq!(content(bench.ask(&get).expect("a part")), "simulated");
    get.range = Some("bytes=15-".into());
    let refusal = bench.ask(&get).expect_err("beyond the end");
    assert_eq!((refusal.status, refusal.code), (416, "InvalidRange"));
    let recursive = [("recursive", "true")];
    let all = bench.read(
        "File_ListFromComputeNode",
        &["p", &node],
        &recursive,
        Value::Null,
    );
    assert_eq!(all["value"].as_array().map(Vec::len), Some(16), "{all}");
}

#[test]
fn files_are_deleted() {
    let mut bench = Bench::with_job(1, 1, json!({}));
    bench.add_task("j", "t", json!({}));
    bench.at(40);
    let node = bench.node_ids("p").remove(0);
    bench.done(
        "File_DeleteFromTask",
        &["j", "t", "stdout.txt"],
        Value::Null,
    );
    let missing = (404, "FileNotFound");
    assert_eq!(
        bench.refused(
            "File_DeleteFromTask",
            &["j", "t", "stdout.txt"],
            Value::Null
        ),
        missing
    );
    let full = (409, "OperationInvalidForCurrentState");
    assert_eq!(
        bench.refused(
            "File_DeleteFromComputeNode",
            &["p", &node, "workitems"],
            Value::Null
        ),
        full
    );
    bench.read(
        "File_DeleteFromComputeNode",
        &["p", &node, "workitems"],
        &[("recursive", "true")],
        Value::Null,
    );
    assert_eq!(
        bench.get("File_ListFromTask", &["j", "t"]),
        json!({"value": []})
    );
    bench.done("Pool_Resize", &["p"], json!({"targetDedicatedNodes": 0}));
    bench.at(60);
    let gone = (409, "TaskFilesUnavailable");
    assert_eq!(
        bench.refused("File_ListFromTask", &["j", "t"], Value::Null),
        gone
    );
}
