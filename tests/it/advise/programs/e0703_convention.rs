// E0703 | `invalid-abi-of-nobody` | `extern "C"`
pub extern "invalid-abi-of-nobody" fn f() {}
