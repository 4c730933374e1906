// E0255 | `HashMap`
use std::collections::HashMap;
pub struct HashMap;
