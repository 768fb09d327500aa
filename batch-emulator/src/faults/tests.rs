//! Tests of the requests that rules select.

use super::*;

const RESET: FaultKind = FaultKind::Reset { applied: false };

fn faults(seed: u64, rules: impl IntoIterator<Item = Fault>) -> Faults {
    let accounts = vec!["a".to_owned(), "b".to_owned()];
    Faults::new(accounts, FaultPlan::new(seed, rules)).unwrap()
}

fn request_info(operation: &'static str, method: &'static str) -> RequestInfo<'static> {
    RequestInfo {
        operation: Some(operation),
        method,
        account: Some("a"),
    }
}

/// Returns the numbers of the disturbed requests, out of `count` requests.
fn hits(faults: &Faults, count: u64) -> Vec<u64> {
    let get = request_info("Job_Get", "GET");
    (1..=count)
        .filter(|_| faults.choose(&get).is_some())
        .collect()
}

#[test]
fn a_rule_selects_the_requests_it_names() {
    let about = |rule: Fault, request_info: RequestInfo<'_>| {
        faults(0, [rule]).choose(&request_info).is_some()
    };
    let rule = || Fault::new(RESET);
    assert!(about(rule(), request_info("Job_Get", "GET")));
    assert!(about(
        rule().operation("Job_Get"),
        request_info("Job_Get", "GET")
    ));
    assert!(about(
        rule().operation("Pool").operation("Job"),
        request_info("Job_Get", "GET")
    ));
    assert!(!about(
        rule().operation("Job"),
        request_info("JobSchedule_Get", "GET")
    ));
    assert!(!about(
        rule().operation("Job_GetTaskCounts"),
        request_info("Job_Get", "GET")
    ));
    assert!(about(rule().method("GET"), request_info("Job_Get", "GET")));
    assert!(!about(
        rule().method("GET"),
        request_info("Job_Delete", "DELETE")
    ));
    assert!(about(rule().account("a"), request_info("Job_Get", "GET")));
    assert!(!about(rule().account("b"), request_info("Job_Get", "GET")));
    let nowhere = || RequestInfo {
        operation: None,
        method: "GET",
        account: None,
    };
    assert!(about(rule(), nowhere()));
    assert!(!about(rule().operation("Job"), nowhere()));
    assert!(!about(rule().account("a"), nowhere()));
    let tasks = FaultKind::TaskErrors {
        probability: 1.0,
        applied: false,
    };
    assert!(!about(
        Fault::new(tasks.clone()),
        request_info("Task_Add", "POST")
    ));
    assert!(about(
        Fault::new(tasks),
        request_info("Task_AddCollection", "POST")
    ));
}

#[test]
fn requests_are_counted_from_one() {
    for (rule, wanted) in [
        (Fault::new(RESET), &[1, 2, 3, 4, 5, 6, 7, 8, 9][..]),
        (Fault::new(RESET).most(2), &[1, 2]),
        (Fault::new(RESET).first(3).most(1), &[3]),
        (Fault::new(RESET).every(4), &[1, 5, 9]),
        (Fault::new(RESET).first(2).every(3), &[2, 5, 8]),
        (Fault::new(RESET).most(0), &[]),
        (Fault::new(RESET).probability(0.0), &[]),
    ] {
        assert_eq!(hits(&faults(0, [rule.clone()]), 9), wanted, "{rule:?}");
    }
}

#[test]
fn the_seed_decides_which_requests_are_disturbed() {
    let rule = || Fault::new(RESET).probability(0.3);
    let first = hits(&faults(1, [rule()]), 1000);
    assert_eq!(hits(&faults(1, [rule()]), 1000), first);
    assert!((250..350).contains(&first.len()), "{}", first.len());
    assert_ne!(hits(&faults(2, [rule()]), 1000), first);
    // Requests that a rule does not match do not change which ones it disturbs.
    let mixed = faults(1, [rule().operation("Job_Get")]);
    let found = (1..=1000).filter(|_| {
        assert!(mixed.choose(&request_info("Pool_Get", "GET")).is_none());
        mixed.choose(&request_info("Job_Get", "GET")).is_some()
    });
    assert_eq!(found.collect::<Vec<u64>>(), first);
}

#[test]
fn the_first_selecting_rule_wins_and_all_rules_count() {
    let both = faults(
        0,
        [
            Fault::new(RESET).every(2),
            Fault::new(FaultKind::Delay { milliseconds: 1 }),
        ],
    );
    let get = request_info("Job_Get", "GET");
    let kinds: Vec<_> = (0..4)
        .filter_map(|_| both.choose(&get))
        .map(|injected| injected.fault)
        .collect();
    let delay = FaultKind::Delay { milliseconds: 1 };
    assert_eq!(kinds, [RESET, delay.clone(), RESET, delay]);
    let counts: Vec<_> = both
        .shown()
        .rules
        .iter()
        .map(|rule| (rule.seen, rule.hits))
        .collect();
    assert_eq!(counts, [(4, 2), (4, 2)]);
}

#[test]
fn replaced_rules_restart_their_counts_and_keep_the_seed() {
    let plan = faults(9, [Fault::new(RESET).most(1)]);
    assert_eq!(hits(&plan, 3), [1]);
    plan.set([Fault::new(RESET).most(1)].into()).unwrap();
    assert_eq!((hits(&plan, 3), plan.shown().seed), (vec![1], 9));
    let wrong = plan.set([Fault::new(RESET).account("c")].into());
    assert!(
        wrong.is_err() && plan.shown().rules.len() == 1,
        "a rejected plan changes nothing"
    );
    let shown = serde_json::to_value(plan.shown()).unwrap();
    assert_eq!(
        shown,
        serde_json::json!({"seed": 9, "rules": [{"most": 1, "fault": {"reset": {}}, "seen": 3, "hits": 1}]})
    );
}
