//! Structs that a program would write by hand for the tasks of the page: times and closed enums
//! where the service has them, durations as strings, nothing lenient. Shared by the bench `wire`
//! and the package `batch-bench`.

#![expect(dead_code, reason = "decoding is what is measured")]

use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Page {
    #[serde(rename = "value")]
    pub(crate) tasks: Vec<Task>,
    #[serde(rename = "odata.nextLink")]
    pub(crate) next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    id: String,
    display_name: Option<String>,
    url: String,
    #[serde(rename = "eTag")]
    etag: String,
    creation_time: DateTime<Utc>,
    last_modified: DateTime<Utc>,
    state: State,
    state_transition_time: DateTime<Utc>,
    previous_state: Option<State>,
    previous_state_transition_time: Option<DateTime<Utc>>,
    command_line: String,
    resource_files: Option<Vec<ResourceFile>>,
    environment_settings: Option<Vec<EnvironmentSetting>>,
    user_identity: Option<UserIdentity>,
    constraints: Option<Constraints>,
    required_slots: Option<i32>,
    execution_info: Option<ExecutionInfo>,
    node_info: Option<NodeInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceFile {
    http_url: Option<String>,
    file_path: Option<String>,
    file_mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvironmentSetting {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity {
    auto_user: Option<AutoUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AutoUser {
    scope: Option<Scope>,
    elevation_level: Option<ElevationLevel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Constraints {
    max_wall_clock_time: Option<String>,
    retention_time: Option<String>,
    max_task_retry_count: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionInfo {
    start_time: Option<DateTime<Utc>>,
    end_time: Option<DateTime<Utc>>,
    exit_code: Option<i32>,
    result: Option<ExecutionResult>,
    retry_count: i32,
    requeue_count: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeInfo {
    affinity_id: Option<String>,
    node_url: Option<String>,
    pool_id: Option<String>,
    node_id: Option<String>,
    task_root_directory: Option<String>,
    task_root_directory_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Active,
    Preparing,
    Running,
    Completed,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ExecutionResult {
    Success,
    Failure,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Task,
    Pool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ElevationLevel {
    NonAdmin,
    Admin,
}
