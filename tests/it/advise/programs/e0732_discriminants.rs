// E0732 | `#[repr(u8)]`
pub enum Message {
    Text(String) = 3,
    Quit = 4,
}
