// E0764 | const
pub const NAME: &mut u32 = &mut 3;
