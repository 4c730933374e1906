// E0572 | `return` | function
pub const SIZE: u32 = return 3;
