//! The output of tasks: reading, saving, following it.
//!
//! A task writes `stdout.txt` and `stderr.txt`; its working directory is `wd`. Files live on the
//! node: they are gone with it, and after the task's `retention_time`, 7 days unless the task says
//! otherwise. What has to stay goes to storage, by the task's `output_files`.
//!
//! # A small file
//!
//! ```
//! # use batch_client::models::{
//! #     ImageReference, JobAddParameter, PoolAddParameter, PoolInformation, TaskAddParameter,
//! # };
//! # use batch_client::models::VirtualMachineConfiguration;
//! # use batch_client::{Client, SharedKey};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default().clock_speed(100.0))
//! #     .await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! # let image = ImageReference::default()
//! #     .with_publisher("canonical")
//! #     .with_offer("ubuntu-24_04-lts")
//! #     .with_sku("server");
//! # let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//! # let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//! #     .with_virtual_machine_configuration(machines);
//! # client.pool().add(pool.with_target_dedicated_nodes(1)).await?;
//! # client.job()
//! #     .add(JobAddParameter::new("nightly", PoolInformation::default().with_pool_id("render")))
//! #     .await?;
//! # client.task().add("nightly", TaskAddParameter::new("frame-1", "render 1")).await?;
//! # client.job().wait("nightly").tasks_completed().await?;
//! let output = client.file().get_from_task("nightly", "frame-1", "stdout.txt").await?;
//! let text = output.into_inner().bytes().await?; // all of it, in memory
//! println!("{}", String::from_utf8_lossy(&text));
//!
//! // The first KB of it. Ranges are of bytes, and include their end.
//! let head = client.file()
//!     .get_from_task("nightly", "frame-1", "stdout.txt")
//!     .ocp_range("bytes=0-1023")
//!     .await?;
//! # assert!(head.into_inner().bytes().await?.len() <= 1024);
//!
//! let about = client.file().get_properties_from_task("nightly", "frame-1", "stdout.txt").await?;
//! println!("{:?} bytes, changed {:?}", about.content_length, about.last_modified);
//!
//! let files = client.file().tree_from_task("nightly", "frame-1").try_collect().await?;
//! assert!(files.iter().any(|file| file.path == "stdout.txt"));
//! # let folder = std::env::temp_dir().join(format!("batch-client-guide-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//!
//! let saved = client.file()
//!     .download_from_task("nightly", "frame-1", "stdout.txt")
//!     .to(folder.join("out.txt"))
//!     .await?;
//! assert_eq!(saved.bytes, text.len() as u64);
//! # std::fs::remove_dir_all(&folder)?;
//!
//! let mut tail = client.file().tail_task("nightly", "frame-1", "stdout.txt").follow();
//! while let Some(piece) = tail.try_next().await? {
//!     print!("{}", String::from_utf8_lossy(&piece));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Which one to take
//!
//! | wanted | call | memory | after a broken connection |
//! | --- | --- | --- | --- |
//! | a small text | `get_from_task(…)`, then [`bytes`](crate::Download::bytes) | all of it | an error |
//! | pieces, as they come | `get_from_task(…)`, then [`try_next`](crate::Download::try_next) | a piece | an error |
//! | a part | the same with `.ocp_range("bytes=0-1023")` | | an error |
//! | a file on disk | [`download_from_task(…).to(path)`](crate::operations::file::Operations::download_from_task) | some pieces | goes on where it was |
//! | all files of a task | [`download_all_from_task(…).to(folder)`](crate::operations::file::Operations::download_all_from_task) | some pieces | goes on where it was |
//! | a log that grows | [`tail_task(…).follow()`](crate::operations::file::Operations::tail_task) | a piece | goes on where it was |
//! | names and sizes | [`tree_from_task`](crate::operations::file::Operations::tree_from_task) | an entry | the page is asked for again |
//! | length and times of one | `get_properties_from_task` | | tried again |
//!
//! Files of nodes have the same calls under `…_from_compute_node`, but for `tail` and
//! `download_all`.
//!
//! # Good to know
//!
//! - **Opening a stream is tried again, reading it is not**, since what was read cannot be taken
//!   back. The calls to disk and the tail do it, and give each byte once.
//! - **A file on disk is whole or not there.** Until it is complete it is `NAME.part`, which the
//!   next download goes on from: [`DownloadTo`](crate::transfer::DownloadTo).
//! - **A tail** begins at the beginning of the file, or so many bytes before its end
//!   ([`from_end`](crate::transfer::Tail::from_end)), waits for a task that has not begun, and ends
//!   when it is completed.
//! - **Names from a node are not trusted.** One that would lead out of your folder is an error, and
//!   nothing is written.
//! - **Paths** begin at the folder of the task or node: `wd/frames/1.exr`. Windows nodes list
//!   theirs with backslashes.
//! - **Lengths** come with properties, not always with a stream: the service sends some contents
//!   without one.
//! - **404** says that there is no such file, task or node; **409** with
//!   [`TASK_FILES_UNAVAILABLE`](crate::codes::TASK_FILES_UNAVAILABLE) or
//!   [`TASK_FILES_CLEANEDUP`](crate::codes::TASK_FILES_CLEANEDUP) that the task's folder cannot be
//!   reached, or was removed.
//! - The call's `timeout` bounds the way to the answer, not the reading of a stream. Silence of 150
//!   s ends that ([`read_timeout`](crate::ClientBuilder::read_timeout)).
