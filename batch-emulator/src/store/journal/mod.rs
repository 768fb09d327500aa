//! Writes inputs to the data folder, and tells when they are there.
//!
//! Whoever has applied an input puts it into the queue, still holding the state, so that the
//! journal's order is the order of application. One thread takes all that the queue holds, writes
//! it in one transaction with one fsync, and lets everyone go on whose entry was in it; what comes
//! in meanwhile is the next transaction. So the more clients wait, the more of them share an fsync.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::entry::{Entry, Input};
use super::folder::{About, Folder};
use super::item::Item;

/// How often the weight of the last snapshot the journal may have, so that snapshots cost no more
/// than the rest.
const FACTOR: usize = 2;
/// What an entry weighs beside its body: about the bytes that take as long to replay.
const ENTRY_WEIGHT: usize = 1024;

/// How far the journal has come.
#[derive(Debug, Clone)]
enum Progress {
    /// All entries up to this one are on disk.
    To(u64),
    /// No further entry will be.
    Failed(String),
}

/// What must be on disk before something may be told.
#[derive(Debug)]
pub(crate) struct Ticket {
    progress: watch::Receiver<Progress>,
    place: u64,
}

impl Ticket {
    /// Waits until the input at its place, and so all before it, are on disk.
    pub(crate) async fn persisted(mut self) -> Result<(), String> {
        let come = |progress: &Progress| match progress {
            Progress::To(last) => *last >= self.place,
            Progress::Failed(_) => true,
        };
        match self.progress.wait_for(come).await.as_deref() {
            Ok(Progress::To(_)) => Ok(()),
            Ok(Progress::Failed(error)) => Err(error.clone()),
            Err(_) => Err("the service ends".to_owned()),
        }
    }
}

/// What is in a folder already when the journal goes on, and how much may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// The place of the last entry.
    pub(crate) last: u64,
    /// Of the entries since the snapshot.
    pub(crate) weight: usize,
    /// Bytes of the snapshot.
    pub(crate) snapshot: usize,
    /// The weight that is worth a snapshot, where the last one was small.
    pub(crate) heavy: usize,
}

impl Load {
    fn most(&self) -> usize {
        self.heavy.max(self.snapshot.saturating_mul(FACTOR))
    }
}

/// The writing end of a data folder.
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
    /// What is there once all of these are written.
    load: Load,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What comes when nothing is written any more is dropped: whoever waits for it is told.
    fn push(&self, waiting: &mut Waiting, item: Item) {
        if !waiting.closed {
            waiting.items.push(item);
            self.filled.notify_one();
        }
    }

    /// All that waits, once something does; nothing where nothing more will come.
    fn take(&self) -> Vec<Item> {
        let waits = |waiting: &mut Waiting| waiting.items.is_empty() && !waiting.closed;
        let waiting = self.filled.wait_while(self.lock(), waits);
        std::mem::take(&mut waiting.unwrap_or_else(PoisonError::into_inner).items)
    }
}

/// How much an entry adds to what a start has to do.
pub(crate) fn weight(entry: &Entry) -> usize {
    let own = match &entry.input {
        Input::Request(call) => call.weight(),
        Input::Report(_) | Input::Settings(_) => 0,
    };
    own + ENTRY_WEIGHT
}

impl Journal {
    /// Begins to write behind what is there.
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

    /// Takes in an input that has just been applied.
    pub(crate) fn append(&self, entry: Entry) {
        let mut waiting = self.queue.lock();
        waiting.load.last += 1;
        waiting.load.weight += weight(&entry);
        let last = waiting.load.last;
        self.queue.push(&mut waiting, Item::Entry(last, entry));
    }

    /// What has to wait for all inputs so far.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket {
            progress: self.progress.clone(),
            place: self.queue.lock().load.last,
        }
    }

    /// Whether a snapshot is due.
    pub(crate) fn is_heavy(&self) -> bool {
        let waiting = self.queue.lock();
        waiting.load.weight > waiting.load.most()
    }

    /// Takes in the state after all inputs so far.
    pub(crate) fn snapshot(&self, bytes: Vec<u8>) {
        let mut waiting = self.queue.lock();
        waiting.load.weight = 0;
        waiting.load.snapshot = bytes.len();
        self.queue.push(&mut waiting, Item::Snapshot(bytes));
    }

    /// Writes what waits and where the clock stands, and lets the folder go. Nothing is taken in
    /// afterwards.
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
            // It has told what went wrong, if something did.
            let _ = thread.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close(None);
    }
}

/// The thread that writes, until the queue is closed and empty or the disk refuses.
fn write_all(folder: &Folder, queue: &Queue, progress: &watch::Sender<Progress>) {
    let mut last = None;
    loop {
        let items = queue.take();
        if items.is_empty() {
            return;
        }
        if let Err(error) = folder.write(&items) {
            let text = format!("the data folder cannot be written: {error}");
            eprintln!("batch-emulator: {text}; no request is answered with success from now on");
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
