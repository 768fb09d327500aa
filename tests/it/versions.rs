//! Promise: one client speaks three versions of the service. Each operation of a version is sent
//! with it, and whatever the version does not have is refused before anything is sent.

use std::time::Duration;

use batch_client::models::{
    ComputeNodeDeallocateOption, ComputeNodeState, DataDisk, DiskCustomerManagedKey,
    DiskEncryptionConfiguration, IPFamily, IPTag, ImageReference, JobAddParameter, JobDefaultOrder,
    ManagedDisk, NetworkConfiguration, NodeDeallocateParameter, PoolAddParameter,
    PoolIdentityReference, PoolInformation, PoolPatchParameter, PoolUpdatePropertiesParameter,
    PublicIPAddressConfiguration, SecurityEncryptionTypes, TaskSchedulingPolicy,
    VMDiskSecurityProfile, VirtualMachineConfiguration,
};
use batch_client::reqwest::Request;
use batch_client::{ApiVersion, Client, Error, RetryPolicy, SharedKey};
use batch_emulator::{Config, Emulator};
use batch_tests::server::Server;

use crate::calls::{ACCOUNT, Failure, KEY, OPERATIONS, report, success};
use crate::wire;

const FIRST: ApiVersion = ApiVersion::V2024_02_01;
const SECOND: ApiVersion = ApiVersion::V2024_07_01;
const THIRD: ApiVersion = ApiVersion::V2025_06_01;

fn client_of(url: &str, account: &str, key: &str, version: &ApiVersion) -> Client {
    let key = SharedKey::new(account, key).expect("a key");
    let builder = Client::builder(url, key)
        .api_version(version.clone())
        .retry(RetryPolicy::none());
    builder.build().expect("a client")
}

pub(crate) const VERSIONS: [ApiVersion; 3] = [FIRST, SECOND, THIRD];

/// Returns true if a version has an operation.
fn has(version: &ApiVersion, id: &str) -> bool {
    match id {
        "ComputeNode_Deallocate" | "ComputeNode_Start" => *version != FIRST,
        "ComputeNode_GetRemoteDesktop" => *version == FIRST,
        _ if id.starts_with("Certificate_") => *version != THIRD,
        _ => true,
    }
}

/// The operations of a version.
pub(crate) fn operations(version: &ApiVersion) -> impl Iterator<Item = &'static str> {
    let ids = OPERATIONS.iter().copied();
    ids.filter(move |id| has(version, id))
}

#[tokio::test]
async fn every_operation_is_sent_with_its_version_or_refused_before_sending() {
    let server = Server::start().await;
    let mut problems = Vec::new();
    for version in VERSIONS {
        let client = client_of(&server.url(), ACCOUNT, KEY, &version);
        for case in wire::cases(wire::Kind::Required) {
            let id = &case.operation.id;
            let is_there = has(&version, id);
            if is_there {
                server.answer(success(case.operation).into());
            }
            let outcome = case.call(&client).await;
            let sent = server.requests();
            let wanted = format!("api-version={version}");
            match (is_there, outcome, sent.as_slice()) {
                (true, _, [request]) if request.target.contains(&wanted) => {}
                (false, Err(Failure::Client(error)), []) => {
                    let text = error.to_string();
                    let names = text.contains(version.as_str()) && text.contains("up to 2024");
                    if !error.is_invalid_request() || !names {
                        problems.push(format!("{version} {id}: {text}"));
                    }
                }
                (_, outcome, sent) => {
                    problems.push(format!("{version} {id}: {outcome:?}, {} sent", sent.len()));
                }
            }
        }
    }
    report(&problems);
}

#[tokio::test]
async fn what_came_later_is_refused_in_the_base_and_nothing_is_sent() {
    let server = Server::start().await;
    let client = client_of(&server.url(), ACCOUNT, KEY, &FIRST);
    let refusals = [
        client
            .compute_node()
            .start("p", "n")
            .await
            .expect_err("start"),
        client
            .compute_node()
            .deallocate("p", "n")
            .await
            .expect_err("deallocate"),
        client
            .job()
            .delete("j")
            .force(true)
            .await
            .expect_err("force"),
        client
            .job()
            .terminate("j")
            .force(false)
            .await
            .expect_err("force"),
        client
            .job_schedule()
            .delete("s")
            .force(true)
            .await
            .expect_err("force"),
        client
            .job_schedule()
            .terminate("s")
            .force(true)
            .await
            .expect_err("force"),
    ];
    for error in refusals {
        assert!(error.is_invalid_request(), "{error}");
        for part in [
            "2024-02-01.19.0",
            "2024-07-01.20.0",
            "ClientBuilder::api_version",
        ] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_emulator_refuses_what_the_client_would_not_send() {
    let (_emulator, client) = emulator(&FIRST).await;
    let certificate = "/certificates(thumbprintAlgorithm=sha1,thumbprint=\
                       0123456789abcdef0123456789abcdef01234567)";
    let cancel = format!("{certificate}/canceldelete");
    let cases = [
        ("POST", "/pools/p/nodes/n/start", "ComputeNode_Start"),
        (
            "POST",
            "/pools/p/nodes/n/deallocate",
            "ComputeNode_Deallocate",
        ),
        (
            "GET",
            "/pools/p/nodes/n/rdp",
            "ComputeNode_GetRemoteDesktop",
        ),
        ("GET", "/certificates", "Certificate_List"),
        ("POST", "/certificates", "Certificate_Add"),
        ("GET", certificate, "Certificate_Get"),
        ("DELETE", certificate, "Certificate_Delete"),
        ("POST", &cancel, "Certificate_CancelDeletion"),
    ];
    for version in VERSIONS {
        // The request names the version itself, so the client sends what it would refuse otherwise.
        let refusal = async |method: &str, path: &str, query: &str| {
            let endpoint = client.endpoint();
            let url = format!("{endpoint}{path}?{query}api-version={version}");
            let url = url.parse().expect("a URL");
            let request = Request::new(method.parse().expect("a method"), url);
            let refused = client.execute(request).await.err();
            refused.and_then(|error| error.code().map(str::to_owned))
        };
        for (method, path, id) in cases {
            let code = refusal(method, path, "").await;
            let refused = code.as_deref() == Some("InvalidUri");
            assert_eq!(refused, !has(&version, id), "{version} {id}: {code:?}");
        }
        let code = refusal("DELETE", "/jobs/j", "force=true&").await;
        let expected = if version == FIRST {
            "UnsupportedQueryParameter"
        } else {
            "JobNotFound"
        };
        assert_eq!(code.as_deref(), Some(expected), "{version}");
    }
}

async fn emulator(version: &ApiVersion) -> (Emulator, Client) {
    let config = Config::default().clock_speed(600.0);
    let emulator = batch_emulator::start(config).await.expect("a service");
    let client = client_of(
        emulator.endpoint(),
        emulator.account(),
        emulator.key(),
        version,
    );
    (emulator, client)
}

fn machine() -> VirtualMachineConfiguration {
    let image =
        ImageReference::marketplace("canonical", "0001-com-ubuntu-server-jammy", "22_04-lts");
    VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04")
}

fn pool(id: &str, nodes: i32) -> PoolAddParameter {
    PoolAddParameter::new(id, "standard_d2s_v3")
        .with_virtual_machine_configuration(machine())
        .with_target_dedicated_nodes(nodes)
}

/// Waits until the only node of the pool is in a state.
async fn node_in(client: &Client, state: &ComputeNodeState) -> Result<String, Error> {
    for _ in 0..200 {
        let page = client.compute_node().list("p").await?;
        if let [node] = page.items.as_slice()
            && node.state.as_ref() == Some(state)
        {
            return Ok(node.id.clone().unwrap_or_default());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no node is {state}");
}

#[tokio::test]
async fn a_node_is_deallocated_and_started_in_both_later_versions() -> Result<(), Error> {
    for version in [SECOND, THIRD] {
        let (_emulator, client) = emulator(&version).await;
        client.pool().add(pool("p", 1)).await?;
        let node = node_in(&client, &ComputeNodeState::Idle).await?;
        let body = NodeDeallocateParameter::default()
            .with_node_deallocate_option(ComputeNodeDeallocateOption::Terminate);
        client
            .compute_node()
            .deallocate("p", &*node)
            .body(body)
            .await?;
        node_in(&client, &ComputeNodeState::Deallocated).await?;
        let counts = client.account().list_pool_node_counts().await?;
        let dedicated = counts.items[0].dedicated.as_ref().expect("counts");
        assert_eq!(dedicated.deallocated, Some(1), "{version}");
        client.compute_node().start("p", &*node).await?;
        node_in(&client, &ComputeNodeState::Idle).await?;
        let job = JobAddParameter::new("j", PoolInformation::default().with_pool_id("p"));
        client.job().add(job).await?;
        client.job().terminate("j").force(true).await?;
        client.job().delete("j").force(true).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_newest_version_has_its_properties_and_lost_others() -> Result<(), Error> {
    let (emulator, client) = emulator(&THIRD).await;
    let encrypted = ManagedDisk::default().with_security_profile(
        VMDiskSecurityProfile::default()
            .with_security_encryption_type(SecurityEncryptionTypes::DiskWithVmGuestState),
    );
    let key = DiskCustomerManagedKey::default()
        .with_key_url("https://vault.example/keys/k/1")
        .with_identity_reference(PoolIdentityReference::default().with_resource_id("/i"));
    let machine = machine()
        .with_data_disks([DataDisk::new(0, 64).with_managed_disk(encrypted)])
        .with_disk_encryption_configuration(
            DiskEncryptionConfiguration::default().with_customer_managed_key(key),
        );
    let addresses = PublicIPAddressConfiguration::default()
        .with_ip_families([IPFamily::IPv4, IPFamily::IPv6])
        .with_ip_tags([IPTag::default()
            .with_ip_tag_type("FirstPartyUsage")
            .with_tag("SQL")]);
    let network = NetworkConfiguration::default().with_public_ip_address_configuration(addresses);
    let order = batch_client::models::ComputeNodeFillType::Pack;
    let policy =
        TaskSchedulingPolicy::new(order).with_job_default_order(JobDefaultOrder::CreationTime);
    let new = pool("p", 0)
        .with_virtual_machine_configuration(machine.clone())
        .with_network_configuration(network.clone())
        .with_task_scheduling_policy(policy.clone());
    client.pool().add(new).await?;
    let read = client.pool().get("p").await?;
    let found = read.network_configuration.as_ref().expect("a network");
    assert_eq!(
        found.public_ip_address_configuration,
        network.public_ip_address_configuration
    );
    assert_eq!(read.task_scheduling_policy, Some(policy));
    assert_eq!(read.certificate_references, None);

    // Required in the base alone: an empty list is left out.
    let update = PoolUpdatePropertiesParameter::new([], [], []);
    client.pool().update_properties("p", update).await?;
    let patch = PoolPatchParameter::default().with_display_name("Frames");
    client.pool().patch("p", patch).await?;
    assert_eq!(
        client.pool().get("p").await?.display_name.as_deref(),
        Some("Frames")
    );

    // The same pool in the base: what came later is not in the response.
    let base = client_of(
        emulator.endpoint(),
        emulator.account(),
        emulator.key(),
        &FIRST,
    );
    let read = base.pool().get("p").await?;
    let policy = read.task_scheduling_policy.as_ref().expect("a policy");
    assert_eq!(policy.job_default_order, None);
    let patch = PoolPatchParameter::default().with_display_name("Frames");
    let refused = base
        .pool()
        .patch("p", patch)
        .await
        .expect_err("a later property");
    assert_eq!(refused.code(), Some("InvalidRequestBody"));
    // And what was dropped is refused.
    let old = pool("q", 0).with_resource_tags([("a".to_owned(), "b".to_owned())]);
    let refused = client
        .pool()
        .add(old)
        .await
        .expect_err("a dropped property");
    assert_eq!(refused.code(), Some("InvalidRequestBody"));
    Ok(())
}
