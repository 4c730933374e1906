// E0431 | `self`
use {self};
