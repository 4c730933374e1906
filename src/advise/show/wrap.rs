//! Text in lines of a width that reads well.

use unicode_width::UnicodeWidthStr;

/// Columns of a line.
const WIDTH: usize = 96;

/// At most so many lines; a text that is longer ends with `…`. A word that is wider than a line has one of its own.
pub fn lines(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push_str(" …");
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_the_end_is_marked() {
        let text = "word ".repeat(100);
        let wrapped = lines(&text, 3);
        assert!(wrapped.iter().all(|l| l.width() <= WIDTH + 2) && wrapped.len() == 3, "{wrapped:?}");
        assert!(wrapped[2].ends_with(" …"));
        assert_eq!(lines(&text, 99).join(" "), text.trim_end());
        assert_eq!(lines("", 3), Vec::<String>::new());
        assert_eq!(lines(&"語".repeat(60), 3).len(), 1);
    }
}
