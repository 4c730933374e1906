// E0732 | `repr`
pub enum Message {
    Text(String) = 3,
    Quit = 4,
}
