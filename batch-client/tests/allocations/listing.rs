//! Promise: a stream of a listing's items holds one page at a time.

use allocation_counter::measure;
use batch_client::{Client, SharedKey};
use tokio::runtime::Builder;

use crate::page;
use crate::server::serve;

const PAGES: usize = 20;

/// A page of 1,000 tasks, with a link to the next one.
fn answer(base: &str, target: &str) -> String {
    let number = target.split("page=").nth(1).map_or(1, |number| {
        number.parse::<usize>().expect("the number of a page")
    });
    let page = page::json();
    if number == PAGES {
        return page;
    }
    let link = format!(
        r#"{{"odata.nextLink":"{base}/jobs/j/tasks?page={}","#,
        number + 1
    );
    page.replacen('{', &link, 1)
}

/// The least peak of three runs: on a busy machine more of a body may be there at once, for which
/// hyper doubles its buffer of 512 KiB.
fn least(mut work: impl FnMut()) -> u64 {
    let peaks = (0..3).map(|_| measure(&mut work).bytes_max);
    peaks.min().unwrap_or_default()
}

#[test]
fn a_stream_holds_one_page() {
    let endpoint = serve(answer);
    let key = SharedKey::new("bench", "YmVuY2gta2V5").expect("a key");
    let client = Client::new(&endpoint, key).expect("a client");
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut items = 0;
    let mut stream = || {
        items = 0;
        runtime.block_on(async {
            let mut tasks = client.task().list("j").stream();
            while let Some(task) = tasks.try_next().await.expect("a page") {
                assert!(task.id.is_some());
                items += 1;
            }
        });
    };
    // The connection's buffers grow once.
    stream();
    let streamed = least(&mut stream);
    assert_eq!(items, PAGES * page::TASKS);
    let by_pages = least(|| {
        runtime.block_on(async {
            let mut pages = client.task().list("j").pages();
            while let Some(page) = pages.try_next().await.expect("a page") {
                assert_eq!(page.items.len(), page::TASKS);
            }
        });
    });
    println!("stream {streamed}, pages {by_pages}");
    // Not the next page beside what is left of the last.
    assert!(streamed <= by_pages + 16 * 1024, "{streamed} {by_pages}");
    assert!(streamed <= 5 * 1024 * 1024, "{streamed}");
}
