//! The wire protocol cannot change unnoticed: `tests/protocol.lock` holds its version and a hash of its code.
//!
//! Comments and layout do not count. Two builds that disagree about the types but not about the version would read
//! each other's frames as rubbish.

use crate::source::{Source, Token, root};

const PROTOCOL: &str = "src/ipc/protocol.rs";
const LOCK: &str = "tests/protocol.lock";

/// Where the number of `pub const VERSION: u16 = 1;` stands.
fn version_at(tokens: &[Token]) -> usize {
    let at = tokens.iter().position(|t| t.text == "VERSION").unwrap();
    at + tokens[at..].iter().position(|t| t.text == "=").unwrap() + 1
}

/// A hash of production tokens without the version, documentation, and commas that only layout puts there.
fn hash(tokens: &[Token]) -> String {
    let text = |at: usize| tokens.get(at).map_or("", |t| t.text.as_str());
    let version_at = version_at(tokens);
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    while at < tokens.len() {
        let documents = text(at) == "#" && (text(at + 2) == "doc" || (text(at + 1) == "!" && text(at + 3) == "doc"));
        if documents {
            at += tokens[at..].iter().position(|t| t.text == "]").unwrap() + 1;
            continue;
        }
        let is_layout = text(at) == "," && matches!(text(at + 1), ")" | "]" | "}");
        if at != version_at && !is_layout {
            hasher.update(text(at).as_bytes());
            hasher.update(b"\n");
        }
        at += 1;
    }
    hasher.finalize().to_hex().to_string()
}

/// What is wrong between a protocol and its lock.
fn complaint(protocol: &Source, lock: &str) -> Option<String> {
    let tokens = protocol.code().production;
    let version: u16 = tokens[version_at(&tokens)].text.parse().unwrap();
    let hash = hash(&tokens);
    let (locked_version, locked_hash) = lock.trim().split_once(' ').unwrap_or_default();
    let is_same = locked_version == version.to_string();
    if is_same && locked_hash == hash {
        return None;
    }
    let next = if is_same { version + 1 } else { version };
    Some(format!("{PROTOCOL} is not what {LOCK} says: raise VERSION to {next} and make the lock's line\n{next} {hash}"))
}

#[test]
fn the_protocol_is_the_locked_one() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    if let Some(complaint) = complaint(&Source::new(PROTOCOL, &read(PROTOCOL)), &read(LOCK)) {
        panic!("\n{complaint}\n");
    }
}

#[test]
fn changes_are_found_and_comments_are_not_changes() {
    let protocol = |text: &str| Source::new(PROTOCOL, text);
    let old = protocol("//! A.\n/// B.\npub const VERSION: u16 = 1;\nstruct A { b: u8 } // c\n");
    let lock = format!("1 {}\n", hash(&old.code().production));
    assert_eq!(complaint(&old, &lock), None);
    let reworded = protocol("pub const VERSION: u16 = 1;\n/// Other words.\nstruct A {\n    b: u8,\n}\n");
    assert_eq!(complaint(&reworded, &lock), None);
    let changed = complaint(&protocol("pub const VERSION: u16 = 1;\nstruct A { b: u16 }\n"), &lock).unwrap();
    assert!(changed.contains("raise VERSION to 2"), "{changed}");
    let raised = complaint(&protocol("pub const VERSION: u16 = 2;\nstruct A { b: u16 }\n"), &lock).unwrap();
    assert!(raised.contains("VERSION to 2 and make the lock's line\n2 "), "{raised}");
    let forgotten = complaint(&protocol("pub const VERSION: u16 = 2;\nstruct A { b: u8 }\n"), &lock).unwrap();
    assert!(forgotten.contains("VERSION to 2"), "{forgotten}");
}
