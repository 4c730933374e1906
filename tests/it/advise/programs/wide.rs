// E0425 | `größe`
pub fn f() -> &'static str {
    let _名前 = "日本語の長い文字列"; größe
}
