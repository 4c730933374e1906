// E0005 | `None`
pub fn first(names: &[String]) -> &String {
    let Some(name) = names.first();
    name
}
