//! Names that mean the same in every program. A name that is missing here is taken for the user's own: then two errors may be
//! taken for alike that are not quite.

/// Keywords, primitive types, and what the prelude and the standard library are used for most.
const NAMES: &str = "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub \
ref return self Self static struct super trait true type union unsafe use where while _ \
bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 integer float \
String Vec Option Some None Result Ok Err Box Rc Arc Weak Cell RefCell Mutex RwLock OnceCell OnceLock LazyLock Cow Pin \
HashMap HashSet BTreeMap BTreeSet VecDeque BinaryHeap Path PathBuf OsStr OsString CStr CString Duration Instant SystemTime \
Ordering PhantomData NonZero Range RangeInclusive Chars Iter IterMut IntoIter Map Filter Rev Zip Enumerate Peekable \
MutexGuard RwLockReadGuard RwLockWriteGuard Ref RefMut JoinHandle File BufReader BufWriter Stdin Error ParseIntError \
Clone Copy Debug Display Default PartialEq Eq PartialOrd Ord Hash Hasher Drop Deref DerefMut Index IndexMut Iterator \
IntoIterator DoubleEndedIterator ExactSizeIterator FromIterator Extend From Into TryFrom TryInto AsRef AsMut Borrow BorrowMut ToOwned ToString FromStr \
Send Sync Sized Unpin Fn FnMut FnOnce Future Any Read Write BufRead Seek Add Sub Mul Div Rem Neg Not BitAnd BitOr BitXor Shl Shr \
AddAssign SubAssign MulAssign DivAssign Sum Product Try FromResidual Termination Item Output Target Rhs \
clone eq ne cmp partial_cmp hash fmt default into from try_from try_into next iter iter_mut into_iter to_string to_owned as_ref as_mut deref drop \
add sub mul div neg not index collect map unwrap expect len is_empty push insert get lines read_line read_to_string write_all write_fmt flush from_str parse \
println print eprintln eprint format vec assert assert_eq assert_ne panic todo unimplemented unreachable write writeln dbg matches \
include_str include env option_env concat main closure derive";

/// Whether a path (`a::b`) means the same everywhere.
pub(super) fn is_known(path: &str) -> bool {
    let mut parts = path.split("::");
    let first = parts.next().unwrap_or_default();
    // Of a path, an own first part makes it the user's own.
    matches!(first, "std" | "core" | "alloc") || NAMES.split_ascii_whitespace().any(|name| name == first)
}
