// E0382 | `names` | line 4 | `Vec<String>`
pub fn f(names: Vec<String>) -> usize {
    let taken = names;
    taken.len() + names.len()
}
