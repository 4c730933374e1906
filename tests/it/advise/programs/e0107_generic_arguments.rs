// E0107 | `Pair` | 2 | 1
pub struct Pair<A, B>(pub A, pub B);
pub fn f(pair: Pair<u8>) -> u8 {
    pair.0
}
