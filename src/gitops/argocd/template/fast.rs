//! fasttemplate: `{{name}}` is replaced by the parameter of that name.
//!
//! Source: Argo CD `applicationset/utils/utils.go` (`Render.Replace`), `github.com/valyala/fasttemplate`.

use std::collections::BTreeMap;

use super::{TemplateError, Value};

/// The most bytes that one text may become.
const MOST_BYTES: usize = 1 << 20;

/// Fills in a text. A tag that names no parameter, or one that is no string, stays as it is; with `open` it may be one
/// that only the controller knows.
///
/// # Errors
/// When a tag does not end, when the result is too long, and for an unknown tag where `open` says so.
pub fn fill(
    template: &str,
    parameters: &BTreeMap<String, Value>,
    open: bool,
) -> Result<String, TemplateError> {
    if !is_template(template) {
        return Ok(template.to_owned());
    }
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((tag, after)) = behind.split_once("}}") else {
            return Err(TemplateError::Malformed("`{{` has no `}}`".to_owned()));
        };
        let name = tag.trim();
        match parameters.get(name) {
            Some(Value::Text(text)) if !name.is_empty() => filled.push_str(text),
            _ if open => return Err(TemplateError::Unresolved(name.to_owned())),
            _ => {
                filled.push_str("{{");
                filled.push_str(tag);
                filled.push_str("}}");
            }
        }
        if filled.len() > MOST_BYTES {
            return Err(TemplateError::TooMuch);
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Whether one line of the text has both brackets; others are not looked at.
fn is_template(text: &str) -> bool {
    text.lines().any(|line| {
        line.split_once("{{")
            .is_some_and(|(_, behind)| behind.contains("}}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Result<String, TemplateError> {
        let parameters = BTreeMap::from([
            ("path".to_owned(), Value::Text("db/shop".to_owned())),
            ("path[0]".to_owned(), Value::Text("db".to_owned())),
            ("n".to_owned(), Value::Float(3.0)),
        ]);
        fill(template, &parameters, false)
    }

    #[test]
    fn tags_are_trimmed_and_unknown_ones_stay_as_written() {
        assert_eq!(
            filled("x-{{ path }}/{{path[0]}}").as_deref(),
            Ok("x-db/shop/db")
        );
        assert_eq!(filled("{{ other }}{{}}").as_deref(), Ok("{{ other }}{{}}"));
        assert_eq!(
            filled("{{n}}").as_deref(),
            Ok("{{n}}"),
            "numbers are no strings"
        );
    }

    #[test]
    fn a_bracket_without_end_is_text_alone_and_an_error_behind_a_tag() {
        assert_eq!(filled("a {{ b").as_deref(), Ok("a {{ b"));
        assert!(matches!(
            filled("{{path}} {{ b"),
            Err(TemplateError::Malformed(_))
        ));
    }

    #[test]
    fn what_only_the_controller_knows_is_no_text() {
        let none = BTreeMap::new();
        let unresolved = Err(TemplateError::Unresolved("server".to_owned()));
        assert_eq!(fill("{{ server }}", &none, true), unresolved);
        assert_eq!(fill("plain", &none, true).as_deref(), Ok("plain"));
    }
}
