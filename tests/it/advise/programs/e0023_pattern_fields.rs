// E0023 | `Colour::Rgb` | 2 | 3
pub enum Colour {
    Rgb(u8, u8, u8),
}
pub fn red(colour: Colour) -> u8 {
    let Colour::Rgb(red, _) = colour;
    red
}
