// E0027 | `height` | `..`
pub struct Size {
    pub width: u32,
    pub height: u32,
}
pub fn width(size: Size) -> u32 {
    let Size { width } = size;
    width
}
