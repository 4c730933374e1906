//! Removal: who goes first, and what must stay.

use super::*;
use crate::artifact::{
    LinkRecord,
    link::{Object, Word},
};

const DAY: u64 = 86_400;

/// Ten results of 100 kB each; the index is small against that.
fn filled(dir: &TempDir, store: &Store) -> Vec<Digest> {
    (0..10)
        .map(|n| {
            let content = vec![u8::try_from(n).expect("small"); 100_000];
            let blob = ingest(store, &file(dir, "source", &content), false);
            assert!(store.put_action_if_absent(&key(n), &done(&[blob])).expect("put"));
            store.put_input_set(&key(200 + n), &InputSet::default()).expect("put");
            store.put_invocation(&key(100 + n), &InvocationRecord { input_sets: vec![key(200 + n)] }).expect("put");
            blob
        })
        .collect()
}

fn left(store: &Store) -> Vec<u64> {
    (0..10).filter(|n| store.action(&key(*n)).is_some()).collect()
}

fn nothing_dangles(store: &Store) {
    let outcome = store.verify().expect("verified");
    assert_eq!((outcome.damaged, outcome.incomplete), (0, 0));
}

#[test]
fn the_least_recently_used_go_until_it_fits() {
    let dir = temp();
    let store = open_with(&dir, Limits { max_bytes: 800_000, retention_days: 0 });
    let blobs = filled(&dir, &store);
    store.used(&key(100), &key(0));
    store.touch(&key(1));
    store.touch(&key(12345));
    let foreseen = store.clean(false, true).expect("foreseen");
    assert_eq!(left(&store).len(), 10, "a dry run removes nothing");
    let (entries, bytes) = store.maybe_evict().expect("evicted");
    assert_eq!((entries, bytes), foreseen);
    let kept = left(&store);
    assert_eq!(kept.len() as u64, 10 - entries);
    assert!(kept.starts_with(&[0, 1]) && kept.ends_with(&[9]) && !kept.contains(&2), "{kept:?}");
    assert!((3..=6).contains(&entries), "{entries}");
    assert!(bytes >= entries * 100_000);
    for (n, blob) in (0..10).zip(&blobs) {
        assert_eq!(store.blob(blob).is_some(), kept.contains(&n), "{n}");
        assert_eq!(store.blob_path(blob).exists(), kept.contains(&n), "{n}");
    }
    assert!(store.invocation(&key(100)).is_some() && store.input_set(&key(200)).is_some());
    assert!(store.invocation(&key(102)).is_none() && store.input_set(&key(202)).is_none());
    assert_eq!(store.sizes().entries, kept.len() as u64);
    assert!(store.sizes().blob_bytes + store.sizes().index_bytes <= 800_000);
    assert_eq!(store.maybe_evict().expect("nothing to do"), (0, 0));
    nothing_dangles(&store);
}

/// A link with one object.
fn link(blob: Digest) -> Action {
    let object = Object { name: OutputName::new("a.rcgu.o").expect("plain name"), content: Content::Blob(blob) };
    Action::Link(Box::new(LinkRecord {
        program: b"cc".to_vec(),
        words: vec![Word::Object(0), Word::Output],
        environment: Vec::new(),
        objects: vec![object],
        output: OutputName::new("app").expect("plain name"),
        others: Vec::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        cost: Cost::default(),
    }))
}

#[test]
fn links_go_like_results_and_take_their_objects_along() {
    let dir = temp();
    let store = open_with(&dir, Limits { max_bytes: 800_000, retention_days: 0 });
    let objects: Vec<Digest> = (0..10)
        .map(|n| {
            let content = vec![u8::try_from(n).expect("small"); 100_000];
            let blob = ingest(&store, &file(&dir, "source", &content), false);
            assert!(store.put_action_if_absent(&key(n), &link(blob)).expect("put"));
            blob
        })
        .collect();
    store.touch(&key(0));
    let (entries, bytes) = store.maybe_evict().expect("evicted");
    assert_eq!(entries, 0, "they are no results");
    assert!(bytes >= 200_000, "{bytes}");
    let kept = left(&store);
    assert!(kept.starts_with(&[0]) && kept.ends_with(&[9]) && !kept.contains(&1), "{kept:?}");
    for (n, blob) in (0..10).zip(&objects) {
        assert_eq!(store.blob(blob).is_some(), kept.contains(&n), "{n}");
    }
    nothing_dangles(&store);
    fs::remove_file(store.blob_path(&objects[9])).expect("removed");
    let outcome = store.verify().expect("verified");
    assert_eq!((outcome.incomplete, store.action(&key(9))), (1, None), "a link without its object is no link");
    store.clean(true, false).expect("cleaned");
    assert!(left(&store).is_empty() && store.sizes().blobs == 0);
}

#[test]
fn what_is_being_published_stays() {
    let dir = temp();
    let store = open_with(&dir, Limits { max_bytes: 1, retention_days: 0 });
    let source = file(&dir, "a", b"content");
    let digest = ingest(&store, &source, false);
    store.maybe_evict().expect("evicted");
    assert!(store.blob(&digest).is_some(), "an action that names it is to come");
    assert!(store.put_action_if_absent(&key(1), &done(&[digest])).expect("put"));
    nothing_dangles(&store);
    store.maybe_evict().expect("evicted");
    assert_eq!((store.action(&key(1)), store.blob(&digest)), (None, None));

    ingest(&store, &source, false);
    store.release([digest]);
    store.maybe_evict().expect("evicted");
    assert_eq!(store.blob(&digest), None, "given up");
}

#[test]
fn a_shared_blob_stays_until_its_last_result_goes() {
    let dir = temp();
    let store = open_with(&dir, Limits { max_bytes: 1 << 30, retention_days: 3 });
    let shared = ingest(&store, &file(&dir, "a", b"shared"), false);
    for n in 1..=2 {
        assert!(store.put_action_if_absent(&key(n), &done(&[shared, shared])).expect("put"));
    }
    store.remove_action(&key(1)).expect("removed");
    store.clean(false, false).expect("cleaned");
    assert!(store.blob(&shared).is_some());
    store.remove_action(&key(2)).expect("removed");
    store.clean(false, false).expect("cleaned");
    assert_eq!(store.blob(&shared), None);
}

#[test]
fn results_unused_for_too_long_go() {
    let dir = temp();
    let store = open_with(&dir, Limits { max_bytes: 1 << 30, retention_days: 3 });
    filled(&dir, &store);
    store.remember_unit("old", Snapshot { components: vec![], action: key(1), sketch: vec![] }).expect("remembered");
    let now = crate::base::clock::wall_secs();
    // Ten years pass at once: that is a clock that jumps, or nobody was here.
    store.uses.age(now + 3650 * DAY);
    assert_eq!(store.clean(false, false).expect("cleaned").0, 0);
    assert_eq!(left(&store).len(), 10);
    for day in 0..4 {
        store.uses.age(now + day * DAY);
    }
    // Used at an age of more than three days.
    store.used(&key(105), &key(5));
    assert_eq!(store.maybe_evict().expect("cleaned").0, 9);
    assert_eq!(left(&store), [5]);
    assert!(store.invocation(&key(105)).is_some() && store.invocation(&key(104)).is_none());
    assert_eq!(store.unit("old"), []);
    nothing_dangles(&store);
}

#[test]
fn everything_means_everything_but_the_history() {
    let dir = temp();
    let store = open(&dir);
    let blobs = filled(&dir, &store);
    store.quarantine_blob(&blobs[9]);
    let split = Action::Split(Split { cwd: true, ..Split::default() });
    assert!(store.put_action_if_absent(&key(50), &split).expect("put"));
    let (entries, bytes) = store.clean(true, false).expect("cleaned");
    assert_eq!(entries, 10);
    assert!(bytes >= 900_000);
    let sizes = store.sizes();
    assert_eq!((sizes.entries, sizes.blobs, sizes.blob_bytes), (0, 0, 0));
    assert_eq!(store.action(&key(50)), None);
    assert_eq!(store.invocation(&key(100)), None);
    assert_eq!(fs::read_dir(store.root().join("quarantine")).expect("quarantine").count(), 0);
    assert_eq!(store.totals().troubles["damaged-blob"], 1);
    assert!(store.put_action_if_absent(&key(0), &done(&[])).expect("put"), "still of use");
}

#[test]
fn files_that_the_index_does_not_know_are_found_and_go() {
    let dir = temp();
    let store = open(&dir);
    let digest = Digest::of(b"orphan");
    let path = store.blob_path(&digest);
    fs::create_dir_all(path.parent().expect("shard")).expect("created");
    fs::write(&path, b"orphan").expect("written");
    assert_eq!(store.blob(&digest), None);
    assert_eq!(store.clean(false, false).expect("cleaned"), (0, 6));
    assert!(!path.exists());
}

#[test]
fn removal_beside_running_builds_leaves_nothing_dangling() {
    let dir = temp();
    // A quarter of a million are the log and the options of the empty index.
    let store = open_with(&dir, Limits { max_bytes: 700_000, retention_days: 0 });
    let sources: Vec<_> = (0..12_u8).map(|n| file(&dir, &format!("s{n}"), &vec![n; 50_000])).collect();
    std::thread::scope(|scope| {
        for worker in 0..4_u64 {
            let (store, sources) = (&store, &sources);
            scope.spawn(move || {
                for round in 0..40_u64 {
                    let blob = ingest(store, &sources[usize::try_from((round * 5 + worker) % 12).expect("small")], false);
                    let name = key(worker * 1000 + round);
                    store.put_action_if_absent(&name, &done(&[blob])).expect("put");
                    store.maybe_evict().expect("evicted");
                }
            });
        }
    });
    nothing_dangles(&store);
    assert!(store.sizes().entries > 0);
    assert_eq!(store.degraded(), None);
    assert!(store.totals().troubles.is_empty());
}
