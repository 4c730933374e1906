// E0373 | `count` | `move`
use std::thread;
pub fn f() {
    let count = 3;
    let handle = thread::spawn(|| println!("{count}"));
    handle.join().unwrap();
}
