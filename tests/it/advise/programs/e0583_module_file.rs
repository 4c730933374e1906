// E0583 | `mod helper;` | helper.rs | helper/mod.rs
mod helper;
pub fn f() {
    helper::help();
}
