// E0432 | `rand` | `cargo add rand`
// groups: 1
use rand::Rng;
use rand::thread_rng;
pub fn f() -> u8 {
    rand::random()
}
