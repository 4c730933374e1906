// E0554 | nightly | stable
#![feature(box_patterns)]
pub fn f(v: Box<u8>) -> u8 {
    let box x = v;
    x
}
