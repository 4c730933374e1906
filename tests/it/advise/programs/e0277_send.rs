// E0277 | `Rc<u32>` | thread | `Arc`
use std::rc::Rc;
pub fn f() {
    let shared = Rc::new(1u32);
    std::thread::spawn(move || println!("{shared}"));
}
