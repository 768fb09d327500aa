//! What the service documents that items can be filtered by, and how:
//! <https://learn.microsoft.com/rest/api/batchservice/odata-filters-in-batch>.
//!
//! The description does not say it, so this list is kept by hand; a test holds its names against the description.
//! Older editions of the page give states `eq` alone; newer ones add `ne`, except for the state inside another property.
//! The page lists operations; here stand the items that they give, which comes to the same except that jobs of a job
//! schedule can also be filtered by their id.

type Operators = &'static [&'static str];

const EQUAL: Operators = &["eq"];
const EQUALITY: Operators = &["eq", "ne"];
const ORDER: Operators = &["eq", "ne", "gt", "ge", "lt", "le"];
const ORDER_AND_PREFIX: Operators = &["eq", "ne", "gt", "ge", "lt", "le", "startswith"];
const PREFIX: Operators = &["startswith"];

/// What the items of a definition can be filtered by. For a definition that no listing with a filter gives: nothing.
pub(super) fn properties(item: &str) -> &'static [(&'static str, Operators)] {
    match item {
        "Certificate" => &[("state", EQUALITY), ("stateTransitionTime", ORDER)],
        "CloudJob" => JOB,
        "CloudJobSchedule" => JOB_SCHEDULE,
        "CloudPool" => POOL,
        "CloudTask" => TASK,
        "ComputeNode" => NODE,
        "ImageInformation" => &[
            ("osType", EQUALITY),
            ("verificationType", EQUALITY),
            ("nodeAgentSKUId", EQUALITY),
        ],
        "JobPreparationAndReleaseTaskExecutionInformation" => PREPARATION_AND_RELEASE,
        "NodeFile" => &[("name", PREFIX)],
        "PoolNodeCounts" => &[("poolId", EQUAL)],
        "PoolUsageMetrics" => &[("poolId", &["eq", "gt", "ge", "lt", "le", "startswith"])],
        _ => &[],
    }
}

const JOB: &[(&str, Operators)] = &[
    ("id", ORDER_AND_PREFIX),
    ("state", EQUALITY),
    ("stateTransitionTime", ORDER),
    ("creationTime", ORDER),
    ("lastModified", ORDER),
    ("executionInfo/startTime", ORDER),
    ("executionInfo/endTime", ORDER),
    ("executionInfo/poolId", ORDER_AND_PREFIX),
];

const JOB_SCHEDULE: &[(&str, Operators)] = &[
    ("id", ORDER_AND_PREFIX),
    ("state", EQUALITY),
    ("stateTransitionTime", ORDER),
    ("creationTime", ORDER),
    ("lastModified", ORDER),
    ("executionInfo/endTime", ORDER),
    ("schedule/doNotRunUntil", ORDER),
    ("schedule/doNotRunAfter", ORDER),
];

const POOL: &[(&str, Operators)] = &[
    ("id", ORDER_AND_PREFIX),
    ("state", EQUALITY),
    ("stateTransitionTime", ORDER),
    ("allocationState", EQUALITY),
    ("allocationStateTransitionTime", ORDER),
    ("creationTime", ORDER),
    ("enableAutoScale", EQUALITY),
    ("lastModified", ORDER),
    ("vmSize", EQUALITY),
    ("enableInterNodeCommunication", EQUALITY),
];

/// The page calls the third date `lastModifiedTime`, which is no property of a task.
const TASK: &[(&str, Operators)] = &[
    ("id", ORDER_AND_PREFIX),
    ("state", EQUALITY),
    ("stateTransitionTime", ORDER),
    ("creationTime", ORDER),
    ("lastModified", ORDER),
    ("executionInfo/startTime", ORDER),
    ("executionInfo/endTime", ORDER),
    ("executionInfo/exitCode", ORDER),
    ("executionInfo/result", EQUALITY),
];

const NODE: &[(&str, Operators)] = &[
    ("state", EQUALITY),
    ("stateTransitionTime", ORDER),
    ("lastBootTime", ORDER),
    ("allocationTime", ORDER),
    ("startTaskInfo/state", EQUAL),
    ("startTaskInfo/result", EQUALITY),
    ("startTaskInfo/exitCode", ORDER),
    ("startTaskInfo/startTime", ORDER),
    ("startTaskInfo/endTime", ORDER),
];

const PREPARATION_AND_RELEASE: &[(&str, Operators)] = &[
    ("poolId", EQUALITY),
    ("nodeId", EQUALITY),
    ("jobPreparationTaskExecutionInfo/state", EQUAL),
    ("jobPreparationTaskExecutionInfo/startTime", ORDER),
    ("jobPreparationTaskExecutionInfo/endTime", ORDER),
    ("jobPreparationTaskExecutionInfo/exitCode", ORDER),
    ("jobPreparationTaskExecutionInfo/result", EQUALITY),
    ("jobReleaseTaskExecutionInfo/state", EQUAL),
    ("jobReleaseTaskExecutionInfo/startTime", ORDER),
    ("jobReleaseTaskExecutionInfo/endTime", ORDER),
    ("jobReleaseTaskExecutionInfo/exitCode", ORDER),
    ("jobReleaseTaskExecutionInfo/result", EQUALITY),
];
