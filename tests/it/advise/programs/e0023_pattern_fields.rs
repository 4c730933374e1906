// E0023 | 2 fields | 3 fields | `..`
pub enum Colour {
    Rgb(u8, u8, u8),
}
pub fn red(colour: Colour) -> u8 {
    let Colour::Rgb(red, _) = colour;
    red
}
