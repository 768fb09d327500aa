//! The output of tasks: reading, saving and following files.
//!
//! A task writes `stdout.txt` and `stderr.txt`; its working directory is `wd`. Files are on the
//! node: they disappear with it, and after the task's `retention_time`, which is 7 days by default.
//! Files that have to stay go to storage, as [output files](super::output_files) of the task.
//!
//! # A small file
//!
//! ```
//! # use batch_client::models::{
//! #     ImageReference, JobAddParameter, PoolAddParameter, TaskAddParameter,
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
//! # let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
//! # let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
//! # let pool = PoolAddParameter::new("render", "standard_d2s_v3")
//! #     .with_virtual_machine_configuration(machines);
//! # client.pool().add(pool.with_target_dedicated_nodes(1)).await?;
//! # client.job().add(JobAddParameter::new("nightly", "render")).await?;
//! # client.task().add("nightly", TaskAddParameter::new("frame-1", "render 1")).await?;
//! # client.job().wait("nightly").tasks_completed().await?;
//! let output = client.file().get_from_task("nightly", "frame-1", "stdout.txt").await?;
//! let text = output.into_inner().bytes().await?; // the whole file, in memory
//! println!("{}", String::from_utf8_lossy(&text));
//!
//! // The first KB. Ranges are in bytes and include their end.
//! let head = client.file()
//!     .get_from_task("nightly", "frame-1", "stdout.txt")
//!     .ocp_range("bytes=0-1023")
//!     .await?;
//! # assert!(head.into_inner().bytes().await?.len() <= 1024);
//!
//! let about = client.file().get_properties_from_task("nightly", "frame-1", "stdout.txt").await?;
//! if let (Some(length), Some(changed)) = (about.content_length, about.last_modified) {
//!     println!("{length} bytes, changed {changed}");
//! }
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
//! # Which call to use
//!
//! | for | call | memory | after a broken connection |
//! | --- | --- | --- | --- |
//! | a small file | `get_from_task(…)`, then [`bytes`](crate::Download::bytes) | the whole file | an error |
//! | chunks, as they arrive | `get_from_task(…)`, then [`try_next`](crate::Download::try_next) | one chunk | an error |
//! | a part of a file | the same with `.ocp_range("bytes=0-1023")` | | an error |
//! | a file on disk | [`download_from_task(…).to(path)`](crate::operations::file::Operations::download_from_task) | a few chunks | continues where it stopped |
//! | all files of a task | [`download_all_from_task(…).to(folder)`](crate::operations::file::Operations::download_all_from_task) | a few chunks | continues where it stopped |
//! | a log that grows | [`tail_task(…).follow()`](crate::operations::file::Operations::tail_task) | one chunk | continues where it stopped |
//! | names and sizes | [`tree_from_task`](crate::operations::file::Operations::tree_from_task) | one entry | the page is requested again |
//! | length and times of one file | `get_properties_from_task` | | retried |
//!
//! Files of nodes have the same calls with the suffix `…_from_compute_node`, except for `tail` and
//! `download_all`.
//!
//! # Good to know
//!
//! - **Opening a stream is retried, reading it is not**, because bytes that were handed out cannot
//!   be taken back. Downloads to disk and tails do retry, and yield each byte once.
//! - **A file on disk is complete or absent.** Until it is complete, its bytes are in a file beside
//!   it, from which the next download continues: [`DownloadTo`](crate::transfer::DownloadTo).
//! - **Every response is checked**: its version, its range, its encoding and its length. A proxy
//!   that garbles a response costs another attempt or causes an error, never wrong bytes.
//! - **A tail** starts at the beginning of the file, or a number of bytes before its end
//!   ([`from_end`](crate::transfer::Tail::from_end)), waits for a task that has not started yet,
//!   and ends when the task is completed.
//! - **A folder has an outcome for each file.** `download_all_from_task(…).await` is an error if a
//!   file is missing, and the error has the report; `.report().await` returns it in every case.
//! - **Names from a node are not trusted.** A file whose name would lead out of your folder, or
//!   that this platform cannot store, is not downloaded; the others are.
//! - **Paths** are relative to the folder of the task or node: `wd/frames/1.exr`. Windows nodes
//!   list theirs with backslashes.
//! - **Lengths** come with a file's properties, but not always with its stream: the service sends
//!   some contents without one.
//! - **404** means that the file, task or node does not exist; **409** with
//!   [`TASK_FILES_UNAVAILABLE`](crate::codes::TASK_FILES_UNAVAILABLE) or
//!   [`TASK_FILES_CLEANEDUP`](crate::codes::TASK_FILES_CLEANEDUP) means that the task's folder cannot
//!   be reached, or was removed.
//! - The call's `timeout` covers the time until the response starts, not reading the stream. That
//!   ends after 150 s of silence ([`read_timeout`](crate::ClientBuilder::read_timeout)).
