//! Bulk adds to a throttling service: the achieved share of the rate that the service allows.

use std::time::Duration;

use batch_auth::SharedKey;
use batch_client::Client;
use batch_client::models::TaskAddParameter;
use batch_tests::throttle::{Limits, Throttling};

use crate::by_hand::{ACCOUNT, KEY};
use crate::row::{Kind, Row, Targets};
use crate::service::runtime;

/// Tasks per request.
const CHUNK: u32 = 100;

/// A service that saves up capacity for as long as its `Retry-After` asks to wait.
pub(super) fn burst(tiny: bool) -> Row {
    let targets = Targets {
        share: Some(0.95),
        ..Targets::default()
    };
    row("throttled-burst", 1.0, tiny, targets)
}

/// A service that saves up little capacity, so that a client that obeys `Retry-After` cannot reach
/// its full rate.
pub(super) fn strict(tiny: bool) -> Row {
    row("throttled-strict", 0.25, tiny, Targets::default())
}

/// `saved` is the capacity that the service saves up, in seconds of its rate.
fn row(name: &'static str, saved: f64, tiny: bool, targets: Targets) -> Row {
    let rate = 40.0;
    let seconds = if tiny { 1 } else { 30 };
    let limits = Limits {
        rate,
        burst: rate * saved,
        retry_after: 1,
        latency: Duration::from_millis(30),
    };
    Row {
        name,
        what: format!("add_all to {rate} requests/s, {saved} s saved | the service's rate"),
        kind: Kind::Share(Box::new(move || {
            runtime().block_on(async {
                let service = Throttling::start(limits).await;
                let key = SharedKey::new(ACCOUNT, KEY).expect("a key");
                let client = Client::new(service.url(), key).expect("a client");
                let count = CHUNK * 40 * seconds;
                let tasks = (0..count)
                    .map(|number| TaskAddParameter::new(format!("frame-{number:07}"), "/bin/true"));
                let report = client.task().add_all("j", tasks).report().await;
                assert_eq!(report.added, u64::from(count), "{report}");
                let served = service.served();
                eprintln!("  {served:?}");
                served.share(&limits)
            })
        })),
        targets,
    }
}
