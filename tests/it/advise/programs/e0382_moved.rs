// E0382 | `names` | line 3 | `Vec<String>`
pub fn f(names: Vec<String>) -> usize {
    let taken = names;
    taken.len() + names.len()
}
