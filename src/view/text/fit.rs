//! Text cut to a number of columns.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use super::wrap::width;

/// The text in at most `columns`: cut in the middle, since both ends of a name tell most.
pub(super) fn fit(text: &str, columns: usize, unicode: bool) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mark = if unicode { "…" } else { "..." };
    let room = columns.saturating_sub(width(mark));
    if room == 0 {
        return Cow::Owned(".".repeat(columns));
    }
    let (front, back) = (room / 2, room - room / 2);
    let head: String = take(text.chars(), front).collect();
    let tail: Vec<char> = take(text.chars().rev(), back).collect();
    Cow::Owned(format!("{head}{mark}{}", tail.into_iter().rev().collect::<String>()))
}

/// As many characters as fit the columns.
fn take(chars: impl Iterator<Item = char>, columns: usize) -> impl Iterator<Item = char> {
    let mut used = 0;
    chars.take_while(move |c| {
        used += c.width().unwrap_or(0);
        used <= columns
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes() {
        assert_eq!(fit("model/encoder/kernel", 20, true), "model/encoder/kernel");
        assert_eq!(fit("model/encoder/kernel", 11, true), "model…ernel");
        assert_eq!(fit("model/encoder/kernel", 11, false), "mode...rnel");
        for columns in 0..30 {
            assert!(width(&fit("層/層/層/層/kernel", columns, true)) <= columns, "{columns}");
            assert!(width(&fit("a/b/c/d/e/kernel", columns, false)) <= columns, "{columns}");
        }
    }
}
