// E0521 | `text` | `'static`
use std::thread;
pub fn f(text: &str) {
    thread::spawn(move || println!("{text}"));
}
