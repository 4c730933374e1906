// E0505 | `name` | line 3 | line 5
pub fn f(name: String) {
    let borrowed = &name;
    drop(name);
    println!("{borrowed}");
}
