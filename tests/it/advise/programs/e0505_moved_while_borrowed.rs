// E0505 | `name` | line 4
pub fn f(name: String) {
    let borrowed = &name;
    drop(name);
    println!("{borrowed}");
}
