// E0599 | `clone_it` | `&Token`
// groups: 1
// errors: 3
pub struct Token;
pub fn a(t: &Token) -> Token {
    t.clone_it()
}
pub fn b(t: &Token) -> Token {
    t.clone_it()
}
pub fn c(t: &Token) -> (Token, Token) {
    (Token, t.clone_it())
}
