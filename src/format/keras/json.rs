//! JSON as Python writes it, with numbers that JSON does not have.

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::bytes::{FaultKind, limits};
use crate::model::NO_OBJECT;

/// Reads JSON of Keras, which a person would call `name`: always one object.
pub(super) fn parse(name: &str, text: &[u8], faults: &mut Vec<FaultKind>) -> Option<Json> {
    read(text).map_err(|error| faults.push(FaultKind::JsonMalformed { name: name.to_owned(), error })).ok()
}

fn read(text: &[u8]) -> Result<Json, String> {
    let text = std::str::from_utf8(text).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if weight(text) > limits::KERAS_JSON_WEIGHT {
        return Err("it has more values than any model's".to_owned());
    }
    // What is wrong is told in columns of the text as it is, so that is tried first.
    let json = serde_json::from_str(text).or_else(|error| serde_json::from_str(&quoted(text)).map_err(|_| error));
    match json.map_err(|error| error.to_string())? {
        json @ Json::Object(_) => Ok(json),
        _ => Err(NO_OBJECT.to_owned()),
    }
}

/// What JSON will take in memory, in values of 32 bytes: the marks of values, whether in texts or not.
fn weight(text: &str) -> u64 {
    let of = |byte: u8| match byte {
        b'{' => 20,
        b'[' => 4,
        b',' => 1,
        _ => 0,
    };
    text.bytes().map(of).fold(0, u64::saturating_add)
}

/// Python writes `NaN`, `Infinity` and `-Infinity` as they are; here they become texts.
fn quoted(text: &str) -> Cow<'_, str> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return Cow::Borrowed(text);
    }
    let mut rest = text;
    let mut quoted = String::with_capacity(text.len());
    while let Some(at) = rest.find(['"', 'N', 'I', '-']) {
        let (before, from) = rest.split_at(at);
        quoted.push_str(before);
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| from.starts_with(word));
        let length = match word {
            Some(word) => {
                quoted.extend(["\"", word, "\""]);
                word.len()
            }
            None => {
                let length = if from.starts_with('"') { string(from) } else { 1 };
                quoted.push_str(from.get(..length).unwrap_or(from));
                length
            }
        };
        rest = from.get(length..).unwrap_or_default();
    }
    quoted.push_str(rest);
    Cow::Owned(quoted)
}

/// The length of the text that begins here, with its quotes; of one without an end, all that is left.
fn string(from: &str) -> usize {
    let mut escaped = false;
    let end = from.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(from.len(), |end| end.saturating_add(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_would_be_far_larger_in_memory_is_refused() {
        for (piece, count) in [("[],", 2_000_000), ("0,", 9_000_000), ("{\"\":0},", 500_000)] {
            let text = format!("[{}0]", piece.repeat(count));
            assert!(read(text.as_bytes()).unwrap_err().contains("more values"), "{piece}");
        }
    }

    #[test]
    fn numbers_that_only_python_writes_are_texts() {
        let text = r#"{"a": -Infinity, "b": [NaN, -1, Infinity], "c": "NaN \\", "d\"": "-Infinity\""}"#;
        let wanted = r#"{"a": "-Infinity", "b": ["NaN", -1, "Infinity"], "c": "NaN \\", "d\"": "-Infinity\""}"#;
        assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Json>(wanted).unwrap());
        assert!(read(b"{\"a\": -Infinity, \"b").unwrap_err().contains("column"));
    }

    #[test]
    fn what_is_no_object_is_said() {
        for (text, why) in [
            (&b""[..], "it is empty"),
            (b"\xff\xfe{}", "byte 0 is not UTF-8"),
            (b"{\"a\": \"\xe4\"}", "byte 7 is not UTF-8"),
            (b"[1, 2]", "it is not an object"),
            (b"{\"a\"", "EOF while parsing an object at line 1 column 4"),
        ] {
            assert_eq!(read(text).unwrap_err(), why);
        }
        assert!(read(b"\xef\xbb\xbf{}").is_ok(), "the mark of an order of bytes is let through");
    }
}
