// E0502 | `scores` | mutable
pub fn f(scores: &mut Vec<u32>) -> u32 {
    let first = &scores[0];
    scores.push(4);
    *first
}
