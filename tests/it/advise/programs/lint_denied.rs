// unused_variables | lint | deny
#![deny(unused_variables)]
pub fn f() {
    let nobody = 3;
}
