// E0403 | `T`
pub fn pair<T, T>(a: T, b: T) -> (T, T) {
    (a, b)
}
