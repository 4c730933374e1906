// E0451 | `secret` | `Safe`
mod vault {
    pub struct Safe {
        pub name: u8,
        secret: u8,
    }
    impl Safe {
        pub fn look(&self) -> u8 {
            self.secret
        }
    }
}
pub fn f() -> u8 {
    vault::Safe { name: 1, secret: 2 }.look()
}
