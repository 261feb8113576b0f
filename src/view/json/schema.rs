//! The JSON Schemas of all that is written as JSON. They are made of the structures themselves, by the test below;
//! the files are committed, so that a change of shape is seen as one.

use serde::Serialize;

/// The schema of one kind of output.
#[derive(Debug)]
pub struct Schema {
    /// The word for it: `ls`.
    pub kind: &'static str,
    /// What its `schema` field says; what has none, is named by its kind.
    pub id: &'static str,
    /// What writes it.
    pub of: &'static str,
    /// The schema as JSON.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($kind:literal $id:literal $of:literal)*) => {
        &[$(Schema {
            kind: $kind,
            id: $id,
            of: $of,
            text: include_str!(concat!("schema/", $kind, ".json")),
        }),*]
    };
}

/// Every schema.
pub static SCHEMAS: &[Schema] = schemas! {
    "ls" "ckpt/ls/1" "ckpt ls --format json"
    "variable" "ckpt/variable/1" "ckpt ls --format json-lines"
    "history" "ckpt/history/1" "ckpt ls --all --format json-lines"
    "show" "ckpt/show/1" "ckpt show --format json"
    "diff" "ckpt/diff/1" "ckpt diff --format json"
    "change" "ckpt/change/1" "ckpt diff --format json-lines"
    "map" "ckpt/map/1" "ckpt diff --map FILE.json"
    "doctor" "ckpt/doctor/1" "ckpt doctor --format json"
    "finding" "ckpt/finding/1" "ckpt doctor --format json-lines"
    "explain" "ckpt/explain/1" "ckpt explain --format json"
    "rules" "ckpt/rules/1" "ckpt rules --format json"
    "schemas" "ckpt/schemas/1" "ckpt schema --format json"
    "config" "ckpt/config/1" "ckpt.toml"
};

/// All of which there is a schema.
pub(super) fn list(schemas: &'static [Schema]) -> List {
    List { schemas: schemas.iter().map(|schema| Row { kind: schema.kind, schema: schema.id, of: schema.of }).collect() }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct List {
    schemas: Vec<Row>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    kind: &'static str,
    schema: &'static str,
    of: &'static str,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::JsonSchema;
    use schemars::generate::SchemaSettings;
    use serde_json::{Value, json};

    use super::super::{Answer, Line, diff, doctor, listing, log, rules, show, variable};
    use super::*;

    /// Of what is written.
    fn schema<T: JsonSchema>(id: &str) -> Value {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let mut schema = generator.into_root_schema_for::<T>().to_value();
        schema["title"] = json!(id);
        schema["properties"]["schema"] = json!({"const": id});
        schema
    }

    /// Of what is read.
    fn schema_of_input<T: JsonSchema>(id: &str) -> Value {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let mut schema = generator.into_root_schema_for::<T>().to_value();
        schema["title"] = json!(id);
        schema
    }

    /// One object with either the pages or the errors that they explain.
    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    enum Explained {
        Matched(log::Matched<'static>),
        Pages(rules::Pages),
    }

    fn made(kind: &str, id: &str) -> Value {
        match kind {
            "ls" => schema::<Answer<listing::Body>>(id),
            "variable" => schema::<Line<variable::Row>>(id),
            "history" => schema::<Line<listing::HistoryRow>>(id),
            "show" => schema::<Answer<show::Body>>(id),
            "diff" => schema::<Answer<diff::Body>>(id),
            "change" => schema::<Line<diff::ChangeRow>>(id),
            "map" => schema::<crate::view::map::Map>(id),
            "doctor" => schema::<Answer<doctor::Body>>(id),
            "finding" => schema::<Line<doctor::FindingRow>>(id),
            "explain" => schema::<Answer<Explained>>(id),
            "rules" => schema::<Answer<rules::Register>>(id),
            "schemas" => schema::<Answer<List>>(id),
            "config" => schema_of_input::<crate::config::Config>(id),
            other => panic!("{other} has no structure"),
        }
    }

    /// With `CKPT_UPDATE=1` in the environment the files are written anew.
    #[test]
    fn files_are_as_the_structures() {
        for known in SCHEMAS {
            let text = serde_json::to_string_pretty(&made(known.kind, known.id)).unwrap() + "\n";
            if std::env::var_os("CKPT_UPDATE").is_some() {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/view/json/schema");
                std::fs::write(folder.join(known.kind).with_extension("json"), &text).unwrap();
            } else {
                assert!(known.text == text, "the schema of {} is not up to date: CKPT_UPDATE=1 cargo test", known.kind);
            }
        }
    }
}
