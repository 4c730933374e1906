// E0502 | `*scores` | immutable borrow of line 3 | line 5
pub fn f(scores: &mut Vec<u32>) -> u32 {
    let first = &scores[0];
    scores.push(4);
    *first
}
