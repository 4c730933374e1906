// E0583 | `helper` | helper.rs
mod helper;
pub fn f() {
    helper::help();
}
