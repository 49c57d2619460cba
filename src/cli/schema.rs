//! `walbound schema`.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::rules;

use super::answer;
use super::exit::{Exit, Failure};

/// `walbound schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// What it describes
    #[arg(value_enum, value_name = "NAME")]
    pub name: Described,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Described {
    /// The baseline of `lint --baseline`
    Baseline,
    /// `check --format json`
    Check,
    /// `.walbound.yaml`
    Config,
    /// `lint --format gitlab`
    Gitlab,
    /// The file of `inventory`
    Inventory,
    /// `lint --format json`
    Lint,
    /// `lint --format sarif`, the part of SARIF that is used
    Sarif,
    /// `status --format json`
    Status,
}

/// Prints a JSON Schema.
pub(super) fn run(arguments: &Schema) -> Result<Exit, Failure> {
    let text = match arguments.name {
        Described::Baseline => include_str!("../../schemas/baseline.schema.json").to_owned(),
        Described::Check => include_str!("../../schemas/check.schema.json").to_owned(),
        Described::Config => config()?,
        Described::Gitlab => include_str!("../../schemas/gitlab.schema.json").to_owned(),
        Described::Inventory => include_str!("../../schemas/inventory.schema.json").to_owned(),
        Described::Lint => include_str!("../../schemas/lint.schema.json").to_owned(),
        Described::Sarif => include_str!("../../schemas/sarif.schema.json").to_owned(),
        Described::Status => include_str!("../../schemas/status.schema.json").to_owned(),
    };
    answer(&text)?;
    Ok(Exit::Clean)
}

/// The schema of the configuration, with the rules of this program, so that editors complete them.
fn config() -> Result<String, Failure> {
    let broken = |error: serde_json::Error| Failure::new(format!("schema of config: {error}"));
    let text = include_str!("../../schemas/config.schema.json");
    let mut schema: Value = serde_json::from_str(text).map_err(broken)?;
    let ids = rules::names();
    let level = |name: &&str| {
        let summary = rules::find(name).map_or("all rules of this family", |rule| rule.summary);
        let about = json!({ "$ref": "#/$defs/level", "description": summary });
        ((*name).to_owned(), about)
    };
    let levels: Map<String, Value> = ids.iter().map(level).collect();
    schema["properties"]["rules"]["properties"] = Value::Object(levels);
    schema["$defs"]["rule"]["enum"] = json!(ids);
    let text = serde_json::to_string_pretty(&schema).map_err(broken)?;
    Ok(text + "\n")
}
