//! Tests of times, samples, and complete formulas that use both.

use super::super::metric::NAMES;
use super::{hold, run};

#[test]
fn times() {
    hold(&[
        ("t = time()", "t=2024-04-18T19:28:52.760Z"),
        ("t = time(\"\")", "t=2024-04-18T19:28:52.760Z"),
        (
            "t = time(); a = t.year * 10000 + t.month * 100 + t.day",
            "a=20240418;t=2024-04-18T19:28:52.760Z",
        ),
        (
            "a = time().hour * 100 + time().minute + time().second / 100",
            "a=1928.52",
        ),
        (
            "a = time().weekday; b = time(\"2024-04-21\").weekday",
            "a=4;b=0",
        ),
        (
            "t = time(\"2024-02-29T10:30:15.5Z\")",
            "t=2024-02-29T10:30:15.500Z",
        ),
        (
            "t = time(\"2024-02-29T10:30+02:00\")",
            "t=2024-02-29T08:30:00.000Z",
        ),
        (
            "t = time(\"Thu, 18 Apr 2024 01:02:03 GMT\")",
            "t=2024-04-18T01:02:03.000Z",
        ),
        (
            "t = time(\"2024-05\"); u = time(\"2024\")",
            "t=2024-05-01T00:00:00.000Z;u=2024-01-01T00:00:00.000Z",
        ),
        (
            "t = time(\"2024-01-01\") + TimeInterval_Week",
            "t=2024-01-08T00:00:00.000Z",
        ),
        (
            "t = -6 * TimeInterval_Hour + time(\"2024-01-01\")",
            "t=2023-12-31T18:00:00.000Z",
        ),
        (
            "i = time(\"2024-01-03\") - time(\"2024-01-01T12:00:00Z\")",
            "i=1.12:00:00",
        ),
        ("i = 90 * TimeInterval_Second", "i=00:01:30"),
        (
            "i = TimeInterval_Minute * 3 / 2 - TimeInterval_Minute + TimeInterval_Zero",
            "i=00:00:30",
        ),
        (
            "i = -TimeInterval_Millisecond; j = TimeInterval_100ns",
            "i=-00:00:00.0010000;j=00:00:00.0000001",
        ),
        (
            "a = TimeInterval_Day == 24 * TimeInterval_Hour; b = TimeInterval_Year > 52 * TimeInterval_Week",
            "a=1;b=1",
        ),
        (
            "a = TimeInterval_Microsecond * 1000 == TimeInterval_Millisecond",
            "a=1",
        ),
        (
            "a = time() > time(\"2024-01-01\") && time() < time(\"2025-01-01\")",
            "a=1",
        ),
    ]);
}

#[test]
fn samples() {
    hold(&[
        ("v = $PendingTasks.GetSample(1)", "v=[20]"),
        ("v = $PendingTasks.GetSample(3)", "v=[18,19,20]"),
        ("a = len($PendingTasks.GetSample(1000))", "a=20"),
        (
            "v = $PendingTasks.GetSample(TimeInterval_Minute * 2)",
            "v=[17,18,19,20]",
        ),
        (
            "v = $PendingTasks.GetSample(TimeInterval_Minute, 2 * TimeInterval_Minute)",
            "v=[17,18]",
        ),
        (
            "v = $PendingTasks.GetSample(time() - time() + TimeInterval_Zero, TimeInterval_Minute, 100)",
            "v=[19,20]",
        ),
        (
            "v = $PendingTasks.GetSample(time() + -1 * TimeInterval_Minute)",
            "v=[19,20]",
        ),
        (
            "a = avg($CPUPercent.GetSample(10 * TimeInterval_Minute, 100))",
            "a=0.5",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Minute * 5)",
            "a=100",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Minute * 20)",
            "a=50",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Day, TimeInterval_Hour)",
            "a=0",
        ),
        (
            "a = $PendingTasks.Count(); i = $PendingTasks.GetSamplePeriod()",
            "a=20;i=00:00:30",
        ),
        (
            "t = $PendingTasks.HistoryBeginTime()",
            "t=2024-04-18T19:19:22.760Z",
        ),
        (
            "a = $PendingTasks + $CurrentDedicatedNodes * 1.1 > 23 ; b = $TaskSlotsPerNode",
            "a=1;b=4",
        ),
        (
            "v = $FailedTasks.GetSample(TimeInterval_Year, 2 * TimeInterval_Year, 0); a = max(0, v); b = val(v, 0)",
            "a=0;b=0;v=[]",
        ),
        (
            "a = $PendingTasks.GetSamplePercent(TimeInterval_Hour) < 70 ? 1 : avg($PendingTasks.GetSample(TimeInterval_Hour, 70))",
            "a=1",
        ),
    ]);
    // All other metrics can be sampled too.
    for (name, _) in NAMES {
        let formula = format!("a = len({name}.GetSample(2)); b = {name} * 0");
        assert_eq!(run(&formula), "a=2;b=0");
    }
}

/// Formulas that people write, in the forms that the documentation teaches.
#[test]
fn whole_formulas() {
    let by_tasks = "most = 12; // no more than these
        share = $PendingTasks.GetSamplePercent(3 * TimeInterval_Minute);
        tasks = share < 70 ? 1 : avg($PendingTasks.GetSample(3 * TimeInterval_Minute));
        $TargetDedicatedNodes = min(most, tasks);
        $NodeDeallocationOption = taskcompletion;";
    let by_day = "$now = time(); $busy = $now.hour >= 7 && $now.hour < 20;
        $week = $now.weekday >= 1 && $now.weekday <= 5;
        $TargetDedicatedNodes = $busy && $week ? 30 : 3;";
    let by_load = "$nodes = min($CPUPercent.GetSample(TimeInterval_Minute * 10)) > 0.4 ? $CurrentDedicatedNodes * 1.4 : $CurrentDedicatedNodes;
        $TargetDedicatedNodes = min(400, $nodes)";
    hold(&[
        (
            by_tasks,
            "$TargetDedicatedNodes=12;$TargetLowPriorityNodes=0;$NodeDeallocationOption=taskcompletion;most=12;share=100;tasks=17.5",
        ),
        (
            by_day,
            "$TargetDedicatedNodes=30;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue;$busy=1;$now=2024-04-18T19:28:52.760Z;$week=1",
        ),
        (
            by_load,
            "$TargetDedicatedNodes=4;$TargetLowPriorityNodes=0;$NodeDeallocationOption=requeue;$nodes=4.199999999999999",
        ),
    ]);
}
