// E0080 | const
pub const N: u8 = 255 + 1;
