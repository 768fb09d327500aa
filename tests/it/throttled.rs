//! Promise: a bulk add reaches the rate that a throttling service has, and not more requests than
//! needed are refused.

use std::time::Duration;

use batch_client::Client;
use batch_client::bulk::AddReport;
use batch_tests::throttle::{Limits, Served, Throttling};

use crate::bulk::task;
use crate::calls::key;

const LIMITS: Limits = Limits {
    rate: 25.0,
    burst: 25.0,
    retry_after: 1,
    latency: Duration::from_millis(20),
};

async fn add(requests: usize) -> (Served, AddReport) {
    let service = Throttling::start(LIMITS).await;
    let client = Client::new(service.url(), key()).expect("a client");
    let tasks = (0..100 * requests).map(task);
    let report = client.task().add_all("j", tasks).report().await;
    (service.served(), report)
}

#[tokio::test]
async fn a_bulk_add_reaches_the_rate_of_the_service() {
    let mut seen = Vec::new();
    // A machine that is busy with something else may be late; one that never is on time is wrong.
    for _ in 0..3 {
        let (served, report) = add(200).await;
        assert_eq!(report.added, 20_000, "{report}");
        assert_eq!(served.served, 200);
        assert_eq!(report.throttled, u64::from(served.throttled));
        // Eight are under way when the first is throttled; after that, one or two at a time.
        assert!((1..40).contains(&served.throttled), "{served:?}");
        let share = served.share(&LIMITS);
        if share >= 0.95 {
            return;
        }
        seen.push(share);
    }
    panic!("{seen:?} of the service's rate");
}
