//! The calls, by typed operations where they change something, and raw where the response counts.

use batch_client::chrono::{TimeDelta, Utc};
use batch_client::models::{
    ImageReference, JobAddParameter, JobScheduleAddParameter, JobSpecification, PoolAddParameter,
    Schedule, TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::reqwest::{Method, Request};
use batch_client::{API_VERSION, Client};
use serde_json::Value;

use crate::Result;
use crate::form::{Forms, add};

pub(crate) async fn run(client: &Client, id: &str, forms: &mut Forms) -> Result<()> {
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    let pool = PoolAddParameter::new(id, "standard_d2s_v3")
        .with_virtual_machine_configuration(machines)
        .with_target_dedicated_nodes(0);
    client.pool().add(pool).await?;
    client.job().add(JobAddParameter::new(id, id)).await?;
    for number in 0..3 {
        let task = TaskAddParameter::new(format!("t{number}"), "/bin/true");
        client.task().add(id, task).await?;
    }
    let schedule = Schedule::default().with_do_not_run_until(Utc::now() + TimeDelta::days(30));
    let plan = JobScheduleAddParameter::new(schedule_of(id), schedule, JobSpecification::new(id));
    client.job_schedule().add(plan).await?;

    for (operation, path) in [
        ("Pool_Get", format!("pools/{id}")),
        ("Pool_List", format!("pools?$filter=id eq '{id}'")),
        ("Job_Get", format!("jobs/{id}")),
        ("Job_List", format!("jobs?$filter=id eq '{id}'")),
        ("Job_GetTaskCounts", format!("jobs/{id}/taskcounts")),
        ("Task_Get", format!("jobs/{id}/tasks/t0")),
        ("Task_List", format!("jobs/{id}/tasks")),
        (
            "JobSchedule_Get",
            format!("jobschedules/{}", schedule_of(id)),
        ),
        (
            "JobSchedule_List",
            format!("jobschedules?$filter=id eq '{}'", schedule_of(id)),
        ),
        (
            "Account_ListSupportedImages",
            "supportedimages?maxresults=5".to_owned(),
        ),
        (
            "Account_ListPoolNodeCounts",
            "nodecounts?maxresults=5".to_owned(),
        ),
    ] {
        let document = read(client, &path).await?;
        add(forms.entry(operation).or_default(), "", &document);
    }
    Ok(())
}

/// Id of the schedule, which must not be that of a job.
fn schedule_of(id: &str) -> String {
    format!("{id}-schedule")
}

/// Reads a document as it was sent.
async fn read(client: &Client, path: &str) -> Result<Value> {
    let mut url = format!("{}/{path}", client.endpoint()).parse::<batch_client::reqwest::Url>()?;
    url.query_pairs_mut()
        .append_pair("api-version", API_VERSION);
    let response = client.execute(Request::new(Method::GET, url)).await?;
    Ok(response.json().await?)
}

/// Deletes everything that may have been added; all of it is tried.
pub(crate) async fn clean_up(client: &Client, id: &str) -> Result<()> {
    let results = [
        client
            .job_schedule()
            .delete(schedule_of(id))
            .await
            .map(drop),
        client.job().delete(id).await.map(drop),
        client.pool().delete(id).await.map(drop),
    ];
    let mut remains = Vec::new();
    for result in results {
        match result {
            Err(error) if !error.is_not_found() => remains.push(error.to_string()),
            _ => {}
        }
    }
    if remains.is_empty() {
        println!("cleaned up");
        return Ok(());
    }
    Err(format!(
        "cannot clean up, so {id} may remain: {}",
        remains.join("; ")
    )
    .into())
}
