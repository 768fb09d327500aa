//! Tests of the life of a pool.

use super::*;

#[test]
fn a_pool_comes_up() {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool(
            "P",
            json!({"targetDedicatedNodes": 2, "targetLowPriorityNodes": 1}),
        ),
    );
    let shown = bench.get("Pool_Get", &["p"]);
    assert_fits(&shown, "CloudPool");
    let expected = json!({
        "id": "P", "url": "http://127.0.0.1:4321/pools/P", "eTag": "0x8DC5FDDC7FFC488", "state": "active",
        "lastModified": "2024-04-18T19:28:52.760692Z", "creationTime": "2024-04-18T19:28:52.760692Z",
        "stateTransitionTime": "2024-04-18T19:28:52.760692Z", "allocationState": "resizing",
        "allocationStateTransitionTime": "2024-04-18T19:28:52.7606919Z", "vmSize": "standard_d2s_v3",
        "resizeTimeout": "PT15M", "currentDedicatedNodes": 0, "currentLowPriorityNodes": 0,
        "targetDedicatedNodes": 2, "targetLowPriorityNodes": 1, "enableAutoScale": false,
        "enableInterNodeCommunication": false, "taskSlotsPerNode": 1,
        "taskSchedulingPolicy": {"nodeFillType": "spread"},
        "virtualMachineConfiguration": {
            "imageReference": {
                "publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts",
                "version": "latest",
            },
            "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        },
    });
    assert_eq!(
        merged(
            shown.clone(),
            json!({"allocationStateTransitionTime": null})
        ),
        merged(expected, json!({"allocationStateTransitionTime": null}))
    );
    assert_eq!(bench.node_states("P").len(), 0);
    for (seconds, allocation, nodes) in [
        (10, "resizing", "creating"),
        (20, "steady", "starting"),
        (30, "steady", "idle"),
    ] {
        bench.at(seconds);
        assert_eq!(
            bench.property("Pool_Get", "p", "allocationState"),
            allocation
        );
        assert_eq!(bench.node_states("p"), [nodes; 3]);
    }
    let counts = bench.get("Account_ListPoolNodeCounts", &[]);
    assert_fits(&counts["value"][0], "PoolNodeCounts");
    assert_eq!(counts["value"][0]["dedicated"]["idle"], 2);
    assert_eq!(counts["value"][0]["lowPriority"]["total"], 1);
    // None of this changed the pool itself.
    assert_eq!(bench.get("Pool_Get", &["p"])["eTag"], shown["eTag"]);
}

#[test]
fn a_pool_is_resized_and_the_resize_stopped() {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"targetDedicatedNodes": 3})),
    );
    assert_eq!(
        bench.refused("Pool_Resize", &["p"], json!({"targetDedicatedNodes": 1})),
        (409, "PoolBeingResized")
    );
    bench.at(30);
    bench.done(
        "Pool_Resize",
        &["p"],
        json!({"targetDedicatedNodes": 1, "resizeTimeout": "PT0H10M"}),
    );
    let mut states = bench.node_states("p");
    states.sort();
    assert_eq!(states, ["idle", "leavingpool", "leavingpool"]);
    assert_eq!(bench.property("Pool_Get", "p", "resizeTimeout"), "PT10M");
    bench.at(50);
    assert_eq!(bench.property("Pool_Get", "p", "allocationState"), "steady");
    assert_eq!(bench.get("Pool_Get", &["p"])["currentDedicatedNodes"], 1);

    assert_eq!(
        bench.refused("Pool_StopResize", &["p"], Value::Null),
        (409, "OperationInvalidForCurrentState")
    );
    bench.done("Pool_Resize", &["p"], json!({"targetDedicatedNodes": 5}));
    bench.done("Pool_StopResize", &["p"], Value::Null);
    assert_eq!(
        bench.property("Pool_Get", "p", "allocationState"),
        "stopping"
    );
    bench.at(80);
    let shown = bench.get("Pool_Get", &["p"]);
    assert_fits(&shown, "CloudPool");
    assert_eq!(
        (&shown["allocationState"], &shown["currentDedicatedNodes"]),
        (&json!("steady"), &json!(1))
    );
    assert_eq!(shown["resizeErrors"][0]["code"], "ResizeStopped");
}

#[test]
fn a_pool_is_deleted_with_its_nodes() {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"targetDedicatedNodes": 1})),
    );
    assert_eq!(
        bench.refused("Pool_Add", &[], pool("P", json!({}))),
        (409, "PoolExists")
    );
    bench.at(30);
    bench.done("Pool_Delete", &["p"], Value::Null);
    assert_eq!(bench.property("Pool_Get", "p", "state"), "deleting");
    assert_eq!(
        bench.refused("Pool_Add", &[], pool("P", json!({}))),
        (409, "PoolBeingDeleted")
    );
    for operation in [
        "Pool_Delete",
        "Pool_Patch",
        "Pool_UpdateProperties",
        "Pool_Resize",
        "Pool_DisableAutoScale",
    ] {
        assert_eq!(
            bench.refused(operation, &["p"], json!({})),
            (409, "PoolBeingDeleted"),
            "{operation}"
        );
    }
    bench.at(60);
    assert_eq!(
        bench.refused("Pool_Get", &["p"], Value::Null),
        (404, "PoolNotFound")
    );
    assert_eq!(
        bench.refused("Pool_Exists", &["p"], Value::Null),
        (404, "PoolNotFound")
    );
    bench.done("Pool_Add", &[], pool("p", json!({})));
}

#[test]
fn no_request_can_exhaust_the_memory_with_nodes() {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool(
            "p",
            json!({"targetDedicatedNodes": i32::MAX, "targetLowPriorityNodes": 1}),
        ),
    );
    bench.at(30);
    let shown = bench.get("Pool_Get", &["p"]);
    assert_eq!(shown["currentDedicatedNodes"], 2000);
    assert_eq!(shown["resizeErrors"][0]["code"], "AccountCoreQuotaReached");
}

#[test]
fn properties_are_patched_or_replaced() {
    let mut bench = Bench::new();
    let start = json!({"commandLine": "s"});
    let one = json!([{"name": "a", "value": "1"}]);
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"startTask": start, "metadata": one})),
    );
    let etag = bench.property("Pool_Get", "p", "eTag");
    bench.done("Pool_Patch", &["p"], json!({"metadata": []}));
    let shown = bench.get("Pool_Get", &["p"]);
    assert_ne!(shown["eTag"], etag);
    assert_eq!(
        (shown.get("metadata"), &shown["startTask"]["waitForSuccess"]),
        (None, &json!(true))
    );
    let lists =
        json!({"certificateReferences": [], "applicationPackageReferences": [], "metadata": one});
    bench.done("Pool_UpdateProperties", &["p"], lists);
    let shown = bench.get("Pool_Get", &["p"]);
    assert_eq!((shown.get("startTask"), &shown["metadata"]), (None, &one));
}

#[test]
fn conditions_hold_for_pools() {
    let mut bench = Bench::new();
    bench.done("Pool_Add", &[], pool("p", json!({})));
    let etag = bench.property("Pool_Get", "p", "eTag");
    let mut patch = request("Pool_Patch", &["p"], &[], json!({}));
    patch.conditions.if_match = Some("0x1".into());
    let refusal = bench.ask(&patch).expect_err("another version");
    assert_eq!((refusal.status, refusal.code), (412, "ConditionNotMet"));
    patch.conditions.if_match = Some(etag.clone());
    bench.ask(&patch).expect("this version");
    bench.ask(&patch).expect_err("a former version");
    let mut get = request("Pool_Get", &["p"], &[], Value::Null);
    get.conditions.if_none_match = Some(etag);
    let etag = bench.ask(&get).expect("a newer version").etag;
    get.conditions.if_none_match = etag;
    assert_eq!(bench.ask(&get).expect_err("nothing newer").status, 304);
}

#[test]
fn formulas_that_assign_numbers_are_accepted() {
    let mut bench = Bench::new();
    let scaled = json!({"enableAutoScale": true, "autoScaleFormula": "$TargetDedicatedNodes = 2;"});
    bench.done("Pool_Add", &[], pool("p", scaled));
    bench.at(30);
    let shown = bench.get("Pool_Get", &["p"]);
    assert_fits(&shown, "CloudPool");
    assert_eq!(
        (
            &shown["currentDedicatedNodes"],
            &shown["autoScaleEvaluationInterval"]
        ),
        (&json!(2), &json!("PT15M"))
    );
    assert_eq!(
        bench.refused("Pool_Resize", &["p"], json!({"targetDedicatedNodes": 1})),
        (409, "OperationInvalidForCurrentState")
    );
    let run = bench.done(
        "Pool_EvaluateAutoScale",
        &["p"],
        json!({"autoScaleFormula": "$TargetLowPriorityNodes=4"}),
    );
    assert_fits(&run, "AutoScaleRun");
    assert_eq!(
        run["results"],
        "$TargetDedicatedNodes=2;$TargetLowPriorityNodes=4;$NodeDeallocationOption=requeue"
    );
    let run = bench.done(
        "Pool_EvaluateAutoScale",
        &["p"],
        json!({"autoScaleFormula": "$nothing"}),
    );
    assert_fits(&run, "AutoScaleRun");
    assert_eq!(run["error"]["code"], "AutoScalingFormulaEvaluationError");
    bench.done("Pool_DisableAutoScale", &["p"], Value::Null);
    let code = bench.refused(
        "Pool_EvaluateAutoScale",
        &["p"],
        json!({"autoScaleFormula": "1"}),
    );
    assert_eq!(code, (409, "OperationInvalidForCurrentState"));
    bench.done(
        "Pool_EnableAutoScale",
        &["p"],
        json!({"autoScaleFormula": "$TargetDedicated=0"}),
    );
    bench.at(80);
    assert_eq!(bench.get("Pool_Get", &["p"])["currentDedicatedNodes"], 0);
}

#[test]
fn contradictory_pools_are_rejected() {
    let mut bench = Bench::new();
    let refused = [
        json!({"cloudServiceConfiguration": {"osFamily": "5"}}),
        json!({"enableAutoScale": true}),
        json!({"autoScaleFormula": "1"}),
        json!({"enableAutoScale": true, "autoScaleFormula": "1", "targetDedicatedNodes": 1}),
    ];
    for more in refused {
        assert_eq!(
            bench.refused("Pool_Add", &[], pool("p", more)),
            (400, "InvalidPropertyValue")
        );
    }
    let reference = json!([{"thumbprint": "AA", "thumbprintAlgorithm": "sha1"}]);
    let code = bench.refused(
        "Pool_Add",
        &[],
        pool("p", json!({"certificateReferences": reference})),
    );
    assert_eq!(code, (409, "InvalidCertificateReferences"));
    let reference = json!([{"applicationId": "a"}]);
    let code = bench.refused(
        "Pool_Add",
        &[],
        pool("p", json!({"applicationPackageReferences": reference})),
    );
    assert_eq!(code, (409, "InvalidApplicationPackageReferences"));
}

#[test]
fn secrets_are_not_returned() {
    let mut bench = Bench::new();
    let accounts = json!([{"name": "u", "password": "s3cret", "linuxUserConfiguration": {"sshPrivateKey": "s3cret"}}]);
    let mounts =
        json!([{"azureFileShareConfiguration": {"accountName": "a", "accountKey": "s3cret"}}]);
    bench.done(
        "Pool_Add",
        &[],
        pool(
            "p",
            json!({"userAccounts": accounts, "mountConfiguration": mounts}),
        ),
    );
    let shown = bench.get("Pool_Get", &["p"]).to_string();
    assert!(
        shown.contains("userAccounts") && !shown.contains("s3cret"),
        "{shown}"
    );
}

#[test]
fn pages_continue_where_the_previous_one_ended() {
    for sparse in [false, true] {
        let mut bench = Bench::with(|config| {
            config.page_size = Some(2);
            config.sparse_pages = sparse;
        });
        for id in ["e", "B", "a", "D", "c"] {
            bench.done("Pool_Add", &[], pool(id, json!({})));
        }
        let mut pages = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let query: Vec<_> = token
                .iter()
                .map(|token| ("$skiptoken", token.as_str()))
                .collect();
            let page = bench.read("Pool_List", &[], &query, Value::Null);
            let ids = page["value"]
                .as_array()
                .expect("items")
                .iter()
                .map(|pool| text(&pool["id"]));
            pages.push(ids.collect::<String>());
            match page["odata.nextLink"].as_str() {
                Some(link) => token = link.split("skiptoken=").nth(1).map(str::to_owned),
                None => break,
            }
        }
        let expected: &[&str] = if sparse {
            &["aB", "", "cD", "", "e"]
        } else {
            &["aB", "cD", "e"]
        };
        assert_eq!(pages, expected);
    }
}

#[test]
fn reading_selects_and_expands() {
    let mut bench = Bench::new();
    bench.done("Pool_Add", &[], pool("p", json!({})));
    let query = [("$select", "id,state"), ("$expand", "stats")];
    assert_eq!(
        bench.read("Pool_Get", &["p"], &query, Value::Null),
        json!({"id": "p", "state": "active"})
    );
    let shown = bench.read("Pool_Get", &["p"], &[("$expand", "stats")], Value::Null);
    assert_fits(&shown, "CloudPool");
    assert_eq!(shown["stats"]["usageStats"]["dedicatedCoreTime"], "PT0S");
    let query = [("$filter", "state eq 'deleting'")];
    assert_eq!(
        bench.read("Pool_List", &[], &query, Value::Null),
        json!({"value": []})
    );
}
