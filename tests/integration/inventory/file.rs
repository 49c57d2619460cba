//! The file: the same for the same archive, brought up to date, mutated, and described by its schema.

use std::fs;
use std::path::Path;

use serde_json::Value;
use walbound::barman::{ServerPath, TargetTimeline};
use walbound::facts::inventory::{Lineage, Noted};
use walbound::facts::{Ask, Depth, Evidence, Goal, Inventory, Target, Verdict};
use walbound::io::DirectoryStore;
use walbound::wal::{Lsn, Xid};

use super::{CASES, Dice, ask, bucket, copy, heading, live, segments, text};
use crate::workspace::Workspace;

fn read(bucket: &Path, earlier: Option<&Noted>) -> (Lineage, u64) {
    let store = DirectoryStore::open(bucket).unwrap();
    let count = std::cell::Cell::new(0);
    let path = ServerPath::new("", "db");
    let lineage = Lineage::read(&store, path, Depth::Records, earlier, &|read| {
        count.set(count.get() + read);
    });
    (lineage.unwrap(), count.get())
}

#[test]
fn the_file_tells_the_archive_and_the_same_archive_gives_the_same_file() {
    for case in CASES {
        let text_of_it = text(read(&bucket(case), None).0);
        assert_eq!(text(read(&bucket(case), None).0), text_of_it);
        let inventory = Inventory::parse(&text_of_it).unwrap();
        assert_eq!(inventory.render().unwrap(), text_of_it);
        let known = inventory.known().unwrap().remove(0);
        let live = live(&bucket(case), "db");
        assert_eq!(known.catalog.backups, live.catalog.backups);
        assert_eq!(known.catalog.timelines, live.catalog.timelines);
        assert_eq!(known.catalog.histories, live.catalog.histories);
        let again = Lineage {
            catalog: known.catalog,
            noted: known.noted,
        };
        assert_eq!(text(again), text_of_it);
        let redacted = Inventory::new(&heading(true), &[read(&bucket(case), None).0]);
        assert!(!redacted.render().unwrap().contains("file:///bucket"));
    }
}

#[test]
fn an_update_gives_what_a_new_inventory_would_and_reads_only_what_is_new() {
    for case in ["gap", "forked"] {
        let whole = bucket(case);
        let (fresh, all) = read(&whole, None);
        let fresh = text(fresh);
        let number = segments(&whole).len();
        for kept in [0, number / 2, number - 1, number] {
            let workspace = Workspace::plain(&[]);
            let place = workspace.path().join("bucket");
            copy(&whole, &place);
            // Times are copied too, as the objects of a bucket keep theirs.
            for (file, original) in segments(&place).iter().zip(segments(&whole)) {
                let time = fs::metadata(original).unwrap().modified().unwrap();
                fs::File::options()
                    .append(true)
                    .open(file)
                    .unwrap()
                    .set_modified(time)
                    .unwrap();
            }
            let mut away = Vec::new();
            for file in segments(&place).into_iter().skip(kept) {
                let hidden = workspace.path().join(file.file_name().unwrap());
                fs::rename(&file, &hidden).unwrap();
                away.push((hidden, file));
            }
            let (before, _) = read(&place, None);
            for (hidden, file) in away {
                fs::rename(hidden, file).unwrap();
            }
            let (after, again) = read(&place, Some(&before.noted));
            assert_eq!(
                after.noted.index,
                read(&place, None).0.noted.index,
                "{case} {kept}"
            );
            assert!(again <= all, "{again} of {all}");
            if kept == number {
                assert_eq!(again, 0, "{case}");
            }
            let lines = |text: &str| text.lines().filter(|l| !l.contains("upload")).count();
            assert_eq!(lines(&text(after)), lines(&fresh), "{case} {kept}");
        }
    }
}

#[test]
fn whatever_is_written_into_an_inventory_it_is_refused_or_judged_without_harm() {
    let text = text(read(&bucket("forked"), None).0);
    let mut dice = Dice(3);
    let (mut refused, mut judged) = (0, 0);
    for _ in 0..300 {
        let changed = mutate(&text, &mut dice);
        let known = Inventory::parse(&changed).and_then(|inventory| inventory.known());
        let Ok(known) = known else {
            refused += 1;
            continue;
        };
        for known in known {
            for goal in [
                Goal::Latest,
                Goal::Immediate,
                Goal::Xid(Xid(735)),
                Goal::Lsn(Lsn(9 << 24)),
            ] {
                let inclusive = dice.roll(2) == 0;
                let target = Target { goal, inclusive };
                for depth in [Depth::Listing, Depth::Records] {
                    let asked = ask(&target, TargetTimeline::Latest, None);
                    let verdict = known.judge(&Ask { depth, ..asked });
                    judged += usize::from(verdict.verdict != Verdict::Undecided);
                }
            }
        }
    }
    assert!(
        refused > 50 && judged > 50,
        "{refused} refused, {judged} judged"
    );
}

/// Puts another value in the place of one, or cuts something out.
fn mutate(text: &str, dice: &mut Dice) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    let mut at = &mut document;
    loop {
        let size = match at {
            Value::Array(items) => items.len(),
            Value::Object(items) => items.len(),
            _ => 0,
        };
        if size == 0 {
            break;
        }
        let chosen = dice.roll(size);
        if dice.roll(24) == 0 {
            match at {
                Value::Array(items) => drop(items.remove(chosen)),
                Value::Object(items) => {
                    drop(items.remove(&items.keys().nth(chosen).unwrap().clone()))
                }
                _ => {}
            }
            return document.to_string();
        }
        at = match at {
            Value::Array(items) => &mut items[chosen],
            Value::Object(items) => items.values_mut().nth(chosen).unwrap(),
            _ => unreachable!(),
        };
    }
    let other = [
        Value::from(u64::MAX),
        Value::from(0),
        Value::from(-1),
        Value::Null,
        Value::from(true),
        Value::from("FFFFFFFF/FFFFFFFF"),
        Value::from("00000001FFFFFFFF000000FF"),
        Value::from("x".repeat(1000)),
        Value::Array(vec![]),
    ];
    *at = other[dice.roll(other.len())].clone();
    document.to_string()
}

#[test]
fn the_schema_describes_what_is_written() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/inventory.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    for case in CASES {
        let document: Value = serde_json::from_str(&text(read(&bucket(case), None).0)).unwrap();
        fits(&document, &schema, &schema, case).unwrap();
        let mut other = document.clone();
        other["lineages"][0]["archive"]["more"] = Value::Null;
        assert!(fits(&other, &schema, &schema, case).is_err());
        assert!(Inventory::parse(&other.to_string()).is_err());
    }
}

/// The part of JSON Schema that the schema uses.
fn fits(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return fits(value, &root["$defs"][name], root, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices
            .iter()
            .filter(|choice| fits(value, choice, root, at).is_ok());
        return match fitting.count() {
            1 => Ok(()),
            count => Err(format!("{at}: {count} choices fit {value}")),
        };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => true,
    };
    let listed = schema["enum"]
        .as_array()
        .is_none_or(|all| all.contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    if !(allowed && listed && constant) {
        return Err(format!("{at}: {value} is not of {schema}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        let own = schema["prefixItems"].get(index).unwrap_or(&schema["items"]);
        fits(item, own, root, &format!("{at}[{index}]"))?;
    }
    if let Some(fields) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                return Err(format!("{at}: no {name}"));
            }
        }
        for (name, field) in fields {
            let Some(own) = schema["properties"].get(name) else {
                return Err(format!("{at}: {name} is not described"));
            };
            fits(field, own, root, &format!("{at}.{name}"))?;
        }
    }
    Ok(())
}
