//! Promise: every listing of the description returns all of its pages.

use batch_client::models::{
    CertificateAddParameter, JobPreparationTask, JobScheduleAddParameter, JobSpecification,
    Schedule, TaskAddCollectionParameter, VMExtension,
};
use batch_client::{Client, Error, PageStream, TimeSpan, codes};
use batch_emulator::{Application, Emulator};
use batch_tests::description::DESCRIPTION;

use super::fixtures::{cloud_service, job, linux, much_later, on, pool, task};
use super::waiting::{gone, idle, until};
use super::{Outcome, config, start};

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Listings without items in this test.
const EMPTY: [&str; 2] = ["Job_ListFromJobSchedule", "Pool_ListUsageMetrics"];

#[tokio::test]
async fn every_listing_returns_all_pages() -> Outcome {
    let mut config = config().page_size(2).sparse_pages(true);
    for id in IDS {
        config = config.application(Application {
            id: id.to_owned(),
            display_name: None,
            versions: Vec::new(),
        });
    }
    let (emulator, client) = start(config).await;
    account(&client).await?;
    certificates(&client).await?;
    pools(&client).await?;
    nodes(&client).await?;
    jobs(&client).await?;
    work(&client).await?;
    check_calls(&emulator);
    Ok(())
}

/// Checks that no listing was left out, and that those with items had several pages.
fn check_calls(emulator: &Emulator) {
    let called = emulator.calls();
    let listings = DESCRIPTION
        .operations
        .iter()
        .filter(|operation| operation.pageable);
    for listing in listings {
        let pages = called.get(&*listing.id).copied().unwrap_or_default();
        let least = if EMPTY.contains(&&*listing.id) { 1 } else { 3 };
        assert!(pages >= least, "{} had {pages} pages", listing.id);
    }
}

/// Reads a listing page by page and returns the name of each item. Every second page must be empty.
async fn names<T>(
    mut pages: PageStream<T>,
    name: fn(&T) -> Option<&String>,
) -> Result<Vec<String>, Error> {
    let (mut names, mut number) = (Vec::new(), 0);
    while let Some(page) = pages.try_next().await? {
        let most = if number % 2 == 0 { 2 } else { 0 };
        let size = page.items.len();
        let is_last = page.continuation().is_none();
        assert!(
            size == most || (is_last && size < most),
            "{size} items on page {number}"
        );
        names.extend(page.items.iter().filter_map(name).cloned());
        number += 1;
    }
    Ok(names)
}

async fn account(client: &Client) -> Outcome {
    let applications = client.application().list().pages();
    assert_eq!(names(applications, |found| found.id.as_ref()).await?, IDS);
    let images = client.account().list_supported_images().pages();
    let images = names(images, |image| image.node_agent_sku_id.as_ref()).await?;
    assert!(images.len() > 2, "{images:?}");
    let usage = client.pool().list_usage_metrics().pages();
    assert_eq!(names(usage, |usage| usage.pool_id.as_ref()).await?, [""; 0]);
    Ok(())
}

// The service is retiring certificates, but still lists them.
#[allow(deprecated)]
async fn certificates(client: &Client) -> Outcome {
    for id in IDS {
        let certificate = CertificateAddParameter::new(id.repeat(40), "sha1", "MIIGMQIBAzCCBe0=");
        client.certificate().add(certificate).await?;
    }
    let certificates = client.certificate().list().pages();
    let certificates = names(certificates, |found| found.thumbprint.as_ref()).await?;
    assert_eq!(certificates, IDS.map(|id| id.repeat(40)));
    Ok(())
}

async fn pools(client: &Client) -> Outcome {
    for id in IDS {
        client.pool().add(cloud_service(id, 0)).await?;
    }
    let pools = client.pool().list().pages();
    assert_eq!(names(pools, |pool| pool.id.as_ref()).await?, IDS);
    let counts = client.account().list_pool_node_counts().pages();
    assert_eq!(names(counts, |counts| counts.pool_id.as_ref()).await?, IDS);
    for id in IDS {
        client.pool().delete(id).await?;
    }
    gone(codes::POOL_NOT_FOUND, async || client.pool().get("e").await).await
}

async fn nodes(client: &Client) -> Outcome {
    let extensions = IDS.map(|id| VMExtension::new(id, "contoso", "Monitor"));
    let machine = linux().with_extensions(extensions);
    let nodes = pool("nodes", 5).with_virtual_machine_configuration(machine);
    client.pool().add(nodes).await?;
    let idle = idle(client, "nodes", 5).await?;
    let nodes = client.compute_node().list("nodes").pages();
    let nodes = names(nodes, |node| node.id.as_ref()).await?;
    assert!(idle.iter().filter_map(|node| node.id.as_ref()).eq(&nodes));
    let extensions = client
        .compute_node_extension()
        .list("nodes", &nodes[0])
        .pages();
    let of = names(extensions, |found| {
        found.vm_extension.as_ref()?.name.as_ref()
    })
    .await?;
    assert_eq!(of, ["a", "b", "batchNodeExtension", "c", "d", "e"]);
    Ok(())
}

async fn jobs(client: &Client) -> Outcome {
    for id in IDS {
        client.job().add(job(id, "nodes")).await?;
        let schedule = Schedule::default()
            .with_recurrence_interval(TimeSpan::from_days(1))
            .with_do_not_run_until(much_later());
        let plan = JobScheduleAddParameter::new(
            format!("plan-{id}"),
            schedule,
            JobSpecification::new(on("nodes")),
        );
        client.job_schedule().add(plan).await?;
    }
    let jobs = client.job().list().pages();
    assert_eq!(names(jobs, |job| job.id.as_ref()).await?, IDS);
    let schedules = client.job_schedule().list().pages();
    let schedules = names(schedules, |found| found.id.as_ref()).await?;
    assert_eq!(schedules, IDS.map(|id| format!("plan-{id}")));
    let jobs = client.job().list_from_job_schedule("plan-a").pages();
    assert_eq!(names(jobs, |job| job.id.as_ref()).await?, [""; 0]);
    Ok(())
}

/// Tasks on five nodes that were prepared for them, and their files.
async fn work(client: &Client) -> Outcome {
    let prepared = job("work", "nodes").with_job_preparation_task(JobPreparationTask::new("setup"));
    client.job().add(prepared).await?;
    let tasks = TaskAddCollectionParameter::new(IDS.map(task));
    client.task().add_collection("work", tasks).await?;
    let tasks = client.task().list("work").pages();
    assert_eq!(names(tasks, |task| task.id.as_ref()).await?, IDS);
    let done = until("five tasks completed", async || {
        let done = client
            .task()
            .list("work")
            .filter("state eq 'completed'")
            .stream();
        let done = done.try_collect().await?;
        Ok((done.len() == 5).then_some(done))
    })
    .await?;

    let status = client
        .job()
        .list_preparation_and_release_task_status("work")
        .pages();
    let prepared = names(status, |status| status.node_id.as_ref()).await?;
    assert_eq!(prepared.len(), 5, "each node had a task");
    let files = client
        .file()
        .list_from_task("work", "a")
        .recursive(true)
        .pages();
    let files = names(files, |file| file.name.as_ref()).await?;
    assert_eq!(files, ["stderr.txt", "stdout.txt", "wd"]);
    let node = done[0]
        .node_info
        .as_ref()
        .and_then(|info| info.node_id.as_ref());
    let node = node.expect("the node of a task that ran");
    let files = client
        .file()
        .list_from_compute_node("nodes", node)
        .recursive(true)
        .pages();
    let files = names(files, |file| file.name.as_ref()).await?;
    let path = "workitems/work/job-1/a/stdout.txt".to_owned();
    assert!(files.contains(&path), "{files:?}");
    Ok(())
}
