//! Values that serde has no form for, or not the one that is wanted.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::model::Key;

/// Anything that can be displayed, as a string, without making one first.
pub(super) struct Text<T>(pub T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A key as text; the few that are not UTF-8 with escapes for their bytes.
pub(super) struct KeyText<'a>(pub &'a Key);

impl Serialize for KeyText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.text() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self.0),
        }
    }
}

/// Bytes as hexadecimal digits.
pub(super) struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A checksum, as eight hexadecimal digits.
pub(super) struct Checksum(pub u32);

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:08x}", self.0))
    }
}

/// A number; those that JSON lacks as the strings that Python and JavaScript read back as such.
pub(super) struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if number.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("Infinity"),
            f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
            number => serializer.serialize_f64(number),
        }
    }
}

/// A time in seconds since 1970, in UTC (`2026-11-20T20:46:00Z`); none if no calendar has it.
pub(super) fn time(seconds: i64) -> Option<Text<jiff::Timestamp>> {
    jiff::Timestamp::from_second(seconds).ok().map(Text)
}

/// What these forms are to a schema.
#[cfg(test)]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Checksum, Hex, KeyText, Number, Text};

    macro_rules! form {
        ($(($($generics:tt)*) $type:ty => $schema:tt)*) => {$(
            impl $($generics)* JsonSchema for $type {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($type).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )*};
    }

    form! {
        (<T>) Text<T> => { "type": "string" }
        () KeyText<'_> => { "type": "string" }
        () Hex<'_> => { "type": "string", "pattern": "^([0-9a-f]{2})*$" }
        () Checksum => { "type": "string", "pattern": "^[0-9a-f]{8}$" }
        () Number => { "type": ["number", "string"], "pattern": "^(NaN|-?Infinity)$" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let json = |value: &dyn Fn() -> serde_json::Result<String>| value().unwrap();
        assert_eq!(json(&|| serde_json::to_string(&Checksum(0xab))), "\"000000ab\"");
        assert_eq!(json(&|| serde_json::to_string(&Hex(&[0, 255, 16]))), "\"00ff10\"");
        assert_eq!(json(&|| serde_json::to_string(&Number(f64::NAN))), "\"NaN\"");
        assert_eq!(json(&|| serde_json::to_string(&Number(f64::NEG_INFINITY))), "\"-Infinity\"");
        assert_eq!(json(&|| serde_json::to_string(&Number(0.1))), "0.1");
        assert_eq!(json(&|| serde_json::to_string(&time(1_000_000_000))), "\"2001-09-09T01:46:40Z\"");
        assert_eq!(json(&|| serde_json::to_string(&time(i64::MAX))), "null");
    }
}
