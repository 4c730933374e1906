// E0559 | `Event::Key` | `kode`
pub enum Event {
    Key { code: u32 },
}
pub fn f() -> Event {
    Event::Key { kode: 3 }
}
