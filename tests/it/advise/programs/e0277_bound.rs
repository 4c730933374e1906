// E0277 | `Blob` | `Clone`
pub struct Blob(pub Vec<u8>);
pub fn twice<T: Clone>(value: &T) -> (T, T) {
    (value.clone(), value.clone())
}
pub fn f(blob: &Blob) -> (Blob, Blob) {
    twice(blob)
}
