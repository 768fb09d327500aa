//! The variables that describe a pool.

/// Metrics of a pool that the service samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    CpuPercent,
    WallClockSeconds,
    MemoryBytes,
    DiskBytes,
    DiskReadBytes,
    DiskWriteBytes,
    DiskReadOps,
    DiskWriteOps,
    NetworkInBytes,
    NetworkOutBytes,
    SampleNodeCount,
    ActiveTasks,
    RunningTasks,
    PendingTasks,
    SucceededTasks,
    FailedTasks,
    TaskSlotsPerNode,
    CurrentDedicatedNodes,
    CurrentLowPriorityNodes,
    UsableNodeCount,
    PreemptedNodeCount,
}

/// Names in formulas; former names come after the current ones.
///
/// Source: the page's table of service-defined variables; the former names come from older versions
/// of it.
pub(super) const NAMES: &[(&str, Metric)] = &[
    ("$CPUPercent", Metric::CpuPercent),
    ("$WallClockSeconds", Metric::WallClockSeconds),
    ("$MemoryBytes", Metric::MemoryBytes),
    ("$DiskBytes", Metric::DiskBytes),
    ("$DiskReadBytes", Metric::DiskReadBytes),
    ("$DiskWriteBytes", Metric::DiskWriteBytes),
    ("$DiskReadOps", Metric::DiskReadOps),
    ("$DiskWriteOps", Metric::DiskWriteOps),
    ("$NetworkInBytes", Metric::NetworkInBytes),
    ("$NetworkOutBytes", Metric::NetworkOutBytes),
    ("$SampleNodeCount", Metric::SampleNodeCount),
    ("$ActiveTasks", Metric::ActiveTasks),
    ("$RunningTasks", Metric::RunningTasks),
    ("$PendingTasks", Metric::PendingTasks),
    ("$SucceededTasks", Metric::SucceededTasks),
    ("$FailedTasks", Metric::FailedTasks),
    ("$TaskSlotsPerNode", Metric::TaskSlotsPerNode),
    ("$CurrentDedicatedNodes", Metric::CurrentDedicatedNodes),
    ("$CurrentLowPriorityNodes", Metric::CurrentLowPriorityNodes),
    ("$UsableNodeCount", Metric::UsableNodeCount),
    ("$PreemptedNodeCount", Metric::PreemptedNodeCount),
    ("$CurrentDedicated", Metric::CurrentDedicatedNodes),
    ("$CurrentLowPriority", Metric::CurrentLowPriorityNodes),
];

impl Metric {
    pub(super) fn read(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, metric)| *metric)
    }

    pub(super) fn name(self) -> &'static str {
        let found = NAMES.iter().find(|(_, known)| *known == self);
        found.map_or("", |(name, _)| name)
    }
}
