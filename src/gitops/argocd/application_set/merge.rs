//! Parameters of several generators together. Source: Argo CD `generators/{matrix,merge}.go`.

use std::collections::BTreeMap;

use super::super::template::Value;
use super::super::template::go::merge;
use super::generator::Failure;
use super::parameters::Parameters;

/// One set of a matrix: the first generator wins in Go templates; without them the same key with another value is an
/// error.
pub(super) fn product(
    left: &Parameters,
    right: Parameters,
    is_go: bool,
) -> Result<Parameters, Failure> {
    let open = left.open.clone().or(right.open);
    let mut values = right.values;
    if is_go {
        merge(&mut values, left.values.clone(), true);
    } else {
        for (key, value) in &left.values {
            match values.get(key) {
                Some(own) if own != value => {
                    let reason = format!("both generators of the matrix give `{key}`");
                    return Err(Failure::broken(reason));
                }
                _ => {
                    values.insert(key.clone(), value.clone());
                }
            }
        }
    }
    Ok(Parameters { values, open })
}

/// The first generator's sets, each with what the others give for the same keys.
pub(super) fn joined(
    all: Vec<Vec<Parameters>>,
    keys: &[&str],
    is_go: bool,
) -> Result<Vec<Parameters>, Failure> {
    if keys.is_empty() {
        return Err(Failure::broken("`merge` has no `mergeKeys`"));
    }
    if let Some(open) = all.iter().flatten().find_map(|set| set.open.clone()) {
        return Ok(vec![Parameters::unknown(&open)]);
    }
    let mut all = all.into_iter();
    let mut base = all.next().unwrap_or_default();
    by_key(&base, keys)?;
    for others in all {
        let others = by_key(&others, keys)?;
        for set in &mut base {
            let Some(other) = others.get(&key_of(set, keys)) else {
                continue;
            };
            if is_go {
                merge(&mut set.values, other.values.clone(), true);
            } else {
                set.values.extend(other.values.clone());
            }
        }
    }
    Ok(base)
}

fn key_of(set: &Parameters, keys: &[&str]) -> Vec<String> {
    let value = |key: &&str| {
        set.values
            .get(*key)
            .unwrap_or(&Value::Null)
            .to_json()
            .to_string()
    };
    keys.iter().map(value).collect()
}

fn by_key<'s>(
    sets: &'s [Parameters],
    keys: &[&str],
) -> Result<BTreeMap<Vec<String>, &'s Parameters>, Failure> {
    let mut known = BTreeMap::new();
    for set in sets {
        let key = key_of(set, keys);
        let shown = key.join(", ");
        if known.insert(key, set).is_some() {
            let reason = format!("two sets of parameters have the merge key {shown}");
            return Err(Failure::broken(reason));
        }
    }
    Ok(known)
}
