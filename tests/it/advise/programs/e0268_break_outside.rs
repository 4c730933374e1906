// E0268 | `break` | loop
pub fn f(done: bool) -> u32 {
    if done {
        break;
    }
    1
}
