//! Commands: noted once, found again, gone with time.

use super::*;
use crate::store::{Claim, StoredCommand};

fn command(text: &str, sources: Option<u64>) -> StoredCommand {
    StoredCommand {
        compiler: "rustc".into(),
        args: vec![text.as_bytes().to_vec().into()],
        extra_args: vec![],
        cwd: "/w".into(),
        env: std::iter::once((b"A".to_vec(), b"1".to_vec())).collect(),
        umask: 0o22,
        sources: sources.map(key),
        at: 0,
    }
}

#[test]
fn the_last_one_stands_and_sources_stay_until_others_are_known() {
    let dir = temp();
    let stem = Path::new("/t/deps/liba-1");
    {
        let store = open(&dir);
        assert_eq!(store.command(stem), None);
        for (text, sources, expected) in [("x", None, None), ("x", Some(1), Some(1)), ("x", None, Some(1)), ("y", None, Some(1))]
        {
            store.note_command(stem, command(text, sources)).expect("noted");
            assert_eq!(stored(&store, stem), Some(command(text, expected)));
        }
        store.note_command(stem, command("y", Some(2))).expect("noted");
        store.flush().expect("flushed");
    }
    let store = open(&dir);
    assert_eq!(stored(&store, stem), Some(command("y", Some(2))));
    assert_eq!(store.command(Path::new("/t/deps/liba-2")), None);
    store.clean(true, false).expect("cleaned");
    assert_eq!(store.command(stem), None);
    store.note_command(stem, command("y", Some(2))).expect("noted again, though it was known before");
    assert_eq!(stored(&store, stem), Some(command("y", Some(2))));
}

#[test]
fn nothing_is_written_for_what_is_known() {
    let dir = temp();
    let stem = Path::new("/t/deps/liba-1");
    let store = open(&dir);
    store.note_command(stem, command("x", Some(1))).expect("noted");
    // As if somebody else had removed it: what this process knows is not written again.
    store.index.clear(crate::store::Table::Commands).expect("cleared");
    store.note_command(stem, command("x", Some(1))).expect("known");
    assert_eq!(store.command(stem), None);
    store.note_command(stem, command("x", Some(2))).expect("noted");
    assert!(store.command(stem).is_some());
}

#[test]
fn an_index_without_these_tables_opens_and_gets_them() {
    let dir = temp();
    let db = dir.path().join("store/db");
    drop(open(&dir));
    {
        let names = rocksdb::DB::list_cf(&rocksdb::Options::default(), &db).expect("listed");
        let mut db = rocksdb::DB::open_cf(&rocksdb::Options::default(), &db, names).expect("opens");
        db.drop_cf("commands").expect("dropped");
        db.drop_cf("claims").expect("dropped");
        let actions = db.cf_handle("actions").expect("there");
        db.put_cf(actions, key(1).0, crate::artifact::record::encode(&done(&[]))).expect("put");
    }
    let store = open(&dir);
    assert_eq!(store.action(&key(1)), Some(done(&[])), "nothing was set aside");
    store.note_command(Path::new("/a"), command("x", None)).expect("noted");
    assert!(store.command(Path::new("/a")).is_some());
}

/// As it stands, but for the store's age at that time.
fn stored(store: &Store, stem: &Path) -> Option<StoredCommand> {
    store.command(stem).map(|c| StoredCommand { at: 0, ..c })
}

#[test]
fn what_is_not_used_any_more_goes_and_what_is_stays() {
    const DAY: u64 = 86_400;
    let dir = temp();
    let store = open_with(&dir, Limits { max_bytes: 1 << 30, retention_days: 3 });
    let (old, used) = (Path::new("/t/deps/liba-1"), Path::new("/t/deps/libb-1"));
    let note = |stem| store.note_command(stem, command("x", Some(1))).expect("noted");
    note(old);
    note(used);
    let now = crate::base::clock::wall_secs();
    for day in 0..6 {
        store.uses.age(now + day * DAY);
    }
    note(used);
    store.clean(false, false).expect("cleaned");
    assert_eq!(store.command(old), None);
    assert!(store.command(used).is_some(), "the same as before, but noted again");
}

#[test]
fn the_newest_claims_stay() {
    let dir = temp();
    let store = open(&dir);
    let claim = |n: u64, at| Claim {
        unit: "u".into(),
        kind: crate::events::HitKind::CutOff,
        at,
        stem: "/t".into(),
        command: key(0),
        action: key(n),
        sources: key(0),
        cut_off: true,
    };
    for n in 0..2_050 {
        store.claim(&claim(n, n)).expect("claimed");
    }
    store.claim(&claim(3, 9_999)).expect("claimed again");
    store.clean(false, false).expect("cleaned");
    let claims = store.claims().expect("listed");
    assert_eq!(claims.len(), 2_000);
    assert_eq!(claims[0], claim(3, 9_999));
    assert_eq!((store.claim_of(&key(2)), store.claim_of(&key(2_049))), (None, Some(claim(2_049, 2_049))));
    store.forget_claim(&key(3)).expect("forgotten");
    assert_eq!(store.claims().expect("listed").len(), 1_999);
}
