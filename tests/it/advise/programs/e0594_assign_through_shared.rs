// E0594 | `counter` | `&mut`
pub struct Counter {
    pub n: u32,
}
pub fn bump(counter: &Counter) {
    counter.n += 1;
}
