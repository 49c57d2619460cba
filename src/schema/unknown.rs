//! Fields that a schema does not have.

use serde_json::Value;

use crate::config::OperatorVersion;
use crate::text::suggest::closest;

use super::check::{Judged, Place};
use super::lookup::{field_names, holder, schema_at};
use super::manifest::is_open_text;
use super::words::in_releases;
use super::{Problem, Sort};

/// What to say of a field of the object at a place.
pub(super) fn field(judged: &Judged<'_>, at: &Place, name: &str) -> Option<Problem> {
    if is_open_text(name) {
        return None;
    }
    let place = at.field(name);
    let problem = Problem {
        sort: Sort::UnknownField,
        path: place.path.clone(),
        is_key: true,
        message: String::new(),
        help: None,
        may_be_newer: judged.may_be_newer,
    };
    let everywhere = schema_at(judged.every_release(), judged.api_version, &at.path);
    let spans = everywhere.and_then(|schema| schema.get("x-in")?.get(name));
    if let Some(spans) = spans.filter(|_| !judged.document.releases().is_empty()) {
        let releases = in_releases(spans, judged.document.releases());
        return Some(Problem {
            sort: Sort::OtherRelease,
            message: format!(
                "`{}` is a field of CloudNativePG {releases}, not of {}",
                place.shown, judged.version
            ),
            help: Some(OTHER_RELEASE.to_owned()),
            ..problem
        });
    }
    let meant = judged
        .schema_at(&at.path)
        .and_then(|schema| meant(judged, at, schema, name));
    let help = match &meant {
        Some(Meant::Name(known)) => format!("did you mean `{known}`? {DROPPED}"),
        Some(Meant::Place(known, there)) => format!("`{known}` belongs in {there}; {DROPPED}"),
        None => DROPPED.to_owned(),
    };
    Some(Problem {
        message: format!("{} has no field `{}`", judged.kind, place.shown),
        help: Some(help),
        may_be_newer: problem.may_be_newer && meant.is_none(),
        ..problem
    })
}

/// What happens to such a field.
const DROPPED: &str = "the API server drops an unknown field without a word, or refuses the manifest where it validates strictly";

/// What to do about a field or a value of another release.
pub(super) const OTHER_RELEASE: &str = "leave it out until the operator is upgraded, or correct `operatorVersion` in \
     `.walbound.yaml`; the API server drops what it does not know, or refuses the manifest";

/// What somebody meant.
enum Meant {
    /// A field of this name beside it.
    Name(String),
    /// The name, as it is written there, at another place.
    Place(String, String),
}

fn meant(judged: &Judged<'_>, at: &Place, schema: &Value, name: &str) -> Option<Meant> {
    let names = field_names(schema);
    let definitions = &judged.compiled.definitions;
    if let Some(known) = names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        return Some(Meant::Name((*known).to_owned()));
    }
    if let Some((inner, known)) = holder(definitions, schema, name) {
        let place = format!("`{}`", at.field(inner).shown);
        return Some(Meant::Place(known.to_owned(), place));
    }
    // A level too deep is a more frequent slip than a word that happens to be near.
    let mut path = at.path.as_slice();
    while let Some((_, above)) = path.split_last() {
        let schema = judged.schema_at(above)?;
        if field_names(schema).contains(&name) {
            let place = match above {
                [] => "the object itself".to_owned(),
                above => format!("`{}`", above.join(".")),
            };
            return Some(Meant::Place(name.to_owned(), place));
        }
        path = above;
    }
    closest(name, &names).map(|known| Meant::Name(known.to_owned()))
}

/// Whether some release takes a value that this one refuses, and which ones do.
pub(super) fn value(judged: &Judged<'_>, at: &Place, value: &Value) -> Option<String> {
    let releases = judged.document.releases();
    if releases.is_empty() {
        return None;
    }
    let schema = schema_at(judged.every_release(), judged.api_version, &at.path)?;
    let takes = |release: &OperatorVersion| {
        let variants = schema["x-was"].as_array().into_iter().flatten();
        let own = variants.filter(|own| super::document::has(&own["x-in"], *release));
        let values = own.filter_map(|own| own.get("enum")).next_back();
        let values = values.or(schema.get("enum")).and_then(Value::as_array);
        values.is_some_and(|values| values.contains(value))
    };
    let there: Vec<bool> = releases.iter().map(takes).collect();
    super::words::spans(&there, releases)
}
