// E0570 |
pub extern "invalid-abi-of-nobody" fn f() {}
