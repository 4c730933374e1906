//  | `self` | `as`
use {self};
