//  | `MISSING_KEY_OF_THIS_TEST` | environment
pub const KEY: &str = env!("MISSING_KEY_OF_THIS_TEST");
