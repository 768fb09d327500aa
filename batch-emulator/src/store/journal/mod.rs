//! Writes inputs to the data folder and signals when they are on disk.
//!
//! A request that has applied an input appends it to the queue while it still holds the state, so
//! that the journal has the order of application. One thread takes everything in the queue, writes
//! it in one transaction with one fsync, and wakes everyone whose entry it contains; entries that
//! arrive in the meantime go into the next transaction. So the more clients wait, the more of them
//! share an fsync.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::entry::{Entry, Input};
use super::folder::{About, Folder};
use super::item::Item;

/// Maximum weight of the journal, as a multiple of the last snapshot's, so that snapshots cost no
/// more than the rest.
const FACTOR: usize = 2;
/// Weight of an entry in addition to its body: about the number of bytes that take equally long to
/// replay.
const ENTRY_WEIGHT: usize = 1024;

/// Progress of the journal.
#[derive(Debug, Clone)]
enum Progress {
    /// All entries up to this position are on disk.
    To(u64),
    /// No further entry will be written.
    Failed(String),
}

/// Identifies an input that must be on disk before its effects may be reported.
#[derive(Debug)]
pub(crate) struct Ticket {
    progress: watch::Receiver<Progress>,
    place: u64,
}

impl Ticket {
    /// Waits until the input at this position, and all before it, are on disk.
    pub(crate) async fn persisted(mut self) -> Result<(), String> {
        let come = |progress: &Progress| match progress {
            Progress::To(last) => *last >= self.place,
            Progress::Failed(_) => true,
        };
        match self.progress.wait_for(come).await.as_deref() {
            Ok(Progress::To(_)) => Ok(()),
            Ok(Progress::Failed(error)) => Err(error.clone()),
            Err(_) => Err("the service is shutting down".to_owned()),
        }
    }
}

/// Existing contents of a folder when the journal starts, and the limit before a snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Position of the last entry.
    pub(crate) last: u64,
    /// Weight of the entries since the snapshot.
    pub(crate) weight: usize,
    /// Size of the snapshot in bytes.
    pub(crate) snapshot: usize,
    /// Minimum weight that triggers a snapshot, even if the last one was small.
    pub(crate) heavy: usize,
}

impl Load {
    fn most(&self) -> usize {
        self.heavy.max(self.snapshot.saturating_mul(FACTOR))
    }
}

/// The writer of a data folder.
#[derive(Debug)]
pub(crate) struct Journal {
    queue: Arc<Queue>,
    progress: watch::Receiver<Progress>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Debug)]
struct Waiting {
    items: Vec<Item>,
    /// The contents once all of these are written.
    load: Load,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an item. Once writing has stopped, items are dropped, and everyone who waits for them
    /// gets an error.
    fn push(&self, waiting: &mut Waiting, item: Item) {
        if !waiting.closed {
            waiting.items.push(item);
            self.filled.notify_one();
        }
    }

    /// Waits for items and takes all of them; empty if no more will come.
    fn take(&self) -> Vec<Item> {
        let waits = |waiting: &mut Waiting| waiting.items.is_empty() && !waiting.closed;
        let waiting = self.filled.wait_while(self.lock(), waits);
        std::mem::take(&mut waiting.unwrap_or_else(PoisonError::into_inner).items)
    }
}

/// Returns how much an entry adds to the work of a start.
pub(crate) fn weight(entry: &Entry) -> usize {
    let own = match &entry.input {
        Input::Request(call) => call.weight(),
        Input::Report(_) | Input::Settings(_) => 0,
    };
    own + ENTRY_WEIGHT
}

impl Journal {
    /// Starts writing after the existing contents.
    pub(crate) fn start(folder: Folder, load: Load) -> io::Result<Self> {
        let waiting = Waiting {
            items: Vec::new(),
            load,
            closed: false,
        };
        let queue = Arc::new(Queue {
            waiting: Mutex::new(waiting),
            filled: Condvar::new(),
        });
        let (sender, progress) = watch::channel(Progress::To(load.last));
        let theirs = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write_all(&folder, &theirs, &sender))?;
        Ok(Self {
            queue,
            progress,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Appends an input that has just been applied.
    pub(crate) fn append(&self, entry: Entry) {
        let mut waiting = self.queue.lock();
        waiting.load.last += 1;
        waiting.load.weight += weight(&entry);
        let last = waiting.load.last;
        self.queue.push(&mut waiting, Item::Entry(last, entry));
    }

    /// Returns a ticket for all inputs so far.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket {
            progress: self.progress.clone(),
            place: self.queue.lock().load.last,
        }
    }

    /// Returns true if a snapshot is due.
    pub(crate) fn needs_snapshot(&self) -> bool {
        let waiting = self.queue.lock();
        waiting.load.weight > waiting.load.most()
    }

    /// Queues the state after all inputs so far.
    pub(crate) fn snapshot(&self, bytes: Vec<u8>) {
        let mut waiting = self.queue.lock();
        waiting.load.weight = 0;
        waiting.load.snapshot = bytes.len();
        self.queue.push(&mut waiting, Item::Snapshot(bytes));
    }

    /// Writes the queue and the clock, and releases the folder. Nothing is accepted afterwards.
    pub(crate) fn close(&self, about: Option<About>) {
        {
            let mut waiting = self.queue.lock();
            if let (Some(about), false) = (about, waiting.closed) {
                waiting.items.push(Item::About(about));
            }
            waiting.closed = true;
            self.queue.filled.notify_one();
        }
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread has already reported its error, if any.
            let _ = thread.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close(None);
    }
}

/// The writer thread's loop, which runs until the queue is closed and empty or the disk fails.
fn write_all(folder: &Folder, queue: &Queue, progress: &watch::Sender<Progress>) {
    let mut last = None;
    loop {
        let items = queue.take();
        if items.is_empty() {
            return;
        }
        if let Err(error) = folder.write(&items) {
            let text = format!("cannot write the data folder: {error}");
            eprintln!("batch-emulator: {text}; all requests fail from now on");
            progress.send_replace(Progress::Failed(text));
            queue.lock().closed = true;
            return;
        }
        last = items.iter().rev().find_map(place).or(last);
        if let Some(last) = last {
            progress.send_replace(Progress::To(last));
        }
    }
}

fn place(item: &Item) -> Option<u64> {
    match item {
        Item::Entry(place, _) => Some(*place),
        Item::Snapshot(_) | Item::About(_) => None,
    }
}

#[cfg(test)]
mod tests;
