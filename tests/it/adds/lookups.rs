//! Requests that a second run of the same tasks costs.

use batch_client::models::ResourceFile;
use batch_client::{AddedIfAbsent, RetryPolicy};
use batch_tests::hostile::{Job, Step};
use serde_json::json;

use super::{client, different, stored, task};

async fn run(job: &Job, tasks: usize) -> batch_client::bulk::AddReport {
    let client = client(job.url());
    client
        .task()
        .add_all("j", (0..tasks).map(task))
        .report()
        .await
}

#[tokio::test]
async fn a_second_run_of_5000_tasks_lists_them() {
    let job = Job::start().await;
    let first = run(&job, 5_000).await;
    assert!(first.is_complete() && first.added == 5_000);
    assert_eq!(
        (
            job.requests("add"),
            job.requests("read"),
            job.requests("list")
        ),
        (50, 0, 0)
    );
    let second = run(&job, 5_000).await;
    assert!(
        second.is_complete() && second.already_there == 5_000,
        "{second}"
    );
    assert_eq!(job.requests("add"), 100);
    assert_eq!(
        (
            job.requests("count"),
            job.requests("list"),
            job.requests("read")
        ),
        (1, 5, 0)
    );
}

#[tokio::test]
async fn the_few_tasks_that_exist_in_a_large_job_are_read() {
    let job = Job::start().await;
    for number in 1_000..30_000 {
        job.store(stored(number));
    }
    for number in 0..20 {
        job.store(stored(number));
    }
    let report = run(&job, 500).await;
    assert_eq!((report.already_there, report.added), (20, 480));
    assert_eq!(
        (
            job.requests("count"),
            job.requests("list"),
            job.requests("read")
        ),
        (1, 0, 20)
    );
}

#[tokio::test]
async fn one_existing_task_costs_one_read() {
    let job = Job::start().await;
    job.store(different(7));
    let report = run(&job, 300).await;
    assert_eq!((report.different, report.added), (1, 299));
    assert_eq!(
        (
            job.requests("count"),
            job.requests("list"),
            job.requests("read")
        ),
        (0, 0, 1)
    );
}

/// Counts that are wrong, missing or a listing that fails cost no more than reading.
#[tokio::test]
async fn a_listing_never_takes_more_requests_than_reading() {
    for (name, steps) in [
        ("no counts", vec![Step::error(403, "PermissionDenied")]),
        // They are asked for in each attempt: twice the client's three, as for all of a bulk add.
        (
            "counts of another form",
            vec![Step::refused(reply("<html>")); 6],
        ),
        ("counts without numbers", vec![Step::refused(reply("{}"))]),
        (
            "a listing that fails",
            [
                vec![Step::from(batch_tests::hostile::Reply::Truth)],
                vec![Step::error(403, "PermissionDenied")],
            ]
            .concat(),
        ),
    ] {
        let job = Job::start().await;
        for number in 0..300 {
            job.store(stored(number));
        }
        job.on_lists(steps);
        let report = run(&job, 300).await;
        assert!(
            report.is_complete() && report.already_there == 300,
            "{name}: {report}"
        );
        let lists = job.requests("list") + job.requests("count");
        assert!(job.requests("read") == 300 && lists <= 6, "{name}: {lists}");
    }
}

fn reply(body: &str) -> batch_tests::hostile::Reply {
    batch_tests::hostile::Reply::Is(batch_tests::server::Response::new(200).body(body))
}

/// Pages that lead nowhere: the listing ends after as many requests as there are tasks to look for.
#[tokio::test]
async fn a_listing_of_empty_pages_ends() {
    let job = Job::start().await;
    for number in 0..30 {
        job.store(stored(number));
    }
    let counts = json!({"taskCounts": {"active": 30, "running": 0, "completed": 0}});
    let page = |number: usize| {
        let next = format!(
            "{}/jobs/j/tasks?api-version=2024-02-01.19.0&page={number}",
            job.url()
        );
        reply(&json!({"value": [], "odata.nextLink": next}).to_string())
    };
    let pages = (0..200).map(|number| Step::refused(page(number)));
    job.on_lists(
        [Step::refused(reply(&counts.to_string()))]
            .into_iter()
            .chain(pages),
    );
    let report = run(&job, 30).await;
    assert_eq!(report.already_there, 30, "{report}");
    assert_eq!((job.requests("list"), job.requests("read")), (30, 30));
}

/// A SAS is signed again each day.
#[tokio::test]
async fn queries_of_urls_can_be_left_out() {
    let job = Job::start().await;
    let client = client(job.url());
    let tasks = |sas: &str| {
        let url = format!("https://h/scene?{sas}");
        (0..10).map(move |number| {
            let file = ResourceFile::default()
                .with_http_url(url.clone())
                .with_file_path("scene");
            task(number).with_resource_files([file])
        })
    };
    let first = client
        .task()
        .add_all("j", tasks("sig=monday"))
        .await
        .expect("new tasks");
    assert_eq!(first.added, 10);
    let strict = client
        .task()
        .add_all("j", tasks("sig=tuesday"))
        .report()
        .await;
    assert_eq!(strict.different, 10, "{strict}");
    let lenient = client
        .task()
        .add_all("j", tasks("sig=tuesday"))
        .ignore_url_queries();
    assert_eq!(lenient.await.expect("the same tasks").already_there, 10);

    let add = |sas| {
        let task = tasks(sas).next().expect("a task");
        client
            .task()
            .add_if_absent("j", task)
            .retry(RetryPolicy::none())
    };
    let strict = add("sig=tuesday").await.expect("a result");
    let lenient = add("sig=tuesday")
        .ignore_url_queries()
        .await
        .expect("a result");
    assert_eq!(strict, AddedIfAbsent::ExistsDifferent);
    assert_eq!(lenient, AddedIfAbsent::AlreadyThere);
}
