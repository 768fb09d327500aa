//! Tests of the journal on slow and failing disks.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use redb::backends::InMemoryBackend;
use redb::{Database, StorageBackend};

use super::*;
use crate::state::report::Report;
use crate::store::Anchor;
use crate::time::Time;

/// An in-memory disk with configurable behaviour.
#[derive(Debug, Default)]
struct Disk {
    memory: InMemoryBackend,
    behavior: Arc<DiskBehavior>,
}

#[derive(Debug, Default)]
struct DiskBehavior {
    slow: AtomicBool,
    full: AtomicBool,
    syncs: AtomicUsize,
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.memory.read(offset, len)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.memory.set_len(len)
    }

    fn sync_data(&self, eventual: bool) -> io::Result<()> {
        self.behavior.syncs.fetch_add(1, Ordering::SeqCst);
        if self.behavior.slow.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(100));
        }
        self.memory.sync_data(eventual)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.behavior.full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.memory.write(offset, data)
    }
}

fn about() -> About {
    let begun = Time::from_ticks(1);
    let anchor = Anchor {
        real: begun,
        virtual_: begun,
        speed: 1.0,
    };
    About::new("a", "1", anchor)
}

fn journal() -> (Journal, Arc<DiskBehavior>) {
    let disk = Disk::default();
    let behavior = Arc::clone(&disk.behavior);
    let database = Database::builder().create_with_backend(disk).unwrap();
    let folder = Folder::of(database);
    folder.write(&[Item::About(about())]).unwrap();
    (Journal::start(folder, LOAD).unwrap(), behavior)
}

const LOAD: Load = Load {
    last: 0,
    weight: 0,
    snapshot: 0,
    heavy: 1_000_000,
};

fn appended(journal: &Journal, number: i64) -> Ticket {
    journal.append(entry(number));
    journal.ticket()
}

fn entry(number: i64) -> Entry {
    Entry {
        time: Time::from_ticks(number),
        input: Input::Report(Report::Restarted),
    }
}

#[tokio::test]
async fn many_share_an_fsync() {
    let (journal, behavior) = journal();
    behavior.slow.store(true, Ordering::SeqCst);
    let before = behavior.syncs.load(Ordering::SeqCst);
    let tickets: Vec<Ticket> = (1..=64).map(|n| appended(&journal, n)).collect();
    for ticket in tickets {
        ticket.persisted().await.unwrap();
    }
    let syncs = behavior.syncs.load(Ordering::SeqCst) - before;
    assert!((1..=16).contains(&syncs), "{syncs} for 64 entries");
}

#[tokio::test]
async fn nothing_is_persisted_on_a_failing_disk() {
    let (journal, behavior) = journal();
    appended(&journal, 1).persisted().await.unwrap();
    behavior.full.store(true, Ordering::SeqCst);
    let error = appended(&journal, 2).persisted().await.unwrap_err();
    assert!(error.contains("cannot write the data folder"), "{error}");
    // Space that is freed later does not make up for the missing entries.
    behavior.full.store(false, Ordering::SeqCst);
    assert!(appended(&journal, 3).persisted().await.is_err());
}

#[tokio::test]
async fn entries_after_the_end_are_not_persisted() {
    let (journal, _) = journal();
    journal.close(Some(about()));
    assert!(appended(&journal, 1).persisted().await.is_err());
}

#[test]
fn a_snapshot_makes_earlier_entries_obsolete() {
    let path = tempfile::tempdir().unwrap();
    let folder = Folder::open(path.path(), &about(), || Ok(vec![1])).unwrap();
    let weight = LOAD.heavy - 1;
    let journal = Journal::start(folder, Load { weight, ..LOAD }).unwrap();
    assert!(!journal.needs_snapshot());
    journal.append(entry(1));
    assert!(journal.needs_snapshot());
    // In several pieces.
    let snapshot: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    journal.snapshot(snapshot.clone());
    assert!(!journal.needs_snapshot());
    journal.append(entry(2));
    journal.snapshot(vec![7]);
    journal.append(entry(3));
    journal.snapshot(snapshot.clone());
    journal.append(entry(4));
    journal.close(None);
    let folder = Folder::open(path.path(), &about(), || Ok(vec![1])).unwrap();
    assert!(folder.snapshot().unwrap() == snapshot);
    let mut entries = Vec::new();
    let next = folder.replay(|number, entry| {
        entries.push((number, entry));
        Ok(())
    });
    assert_eq!(next.unwrap(), 5);
    assert_eq!(entries, [(4, entry(4))]);
}
