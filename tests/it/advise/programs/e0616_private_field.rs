// E0616 | `balance` | `Account`
mod bank {
    #[derive(Default)]
    pub struct Account {
        balance: u32,
    }
    impl Account {
        pub fn see(&self) -> u32 {
            self.balance
        }
    }
}
pub fn f(a: bank::Account) -> u32 {
    a.balance + a.see()
}
