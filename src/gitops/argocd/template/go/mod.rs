//! Go's `text/template` with the functions of sprig that people use.
//!
//! Source: Go `text/template/{parse/lex,parse/parse,exec,funcs}.go`, `github.com/Masterminds/sprig`, Argo CD
//! `applicationset/utils/{utils,template_functions}.go`.

mod arguments;
mod compare;
mod evaluate;
mod functions;
mod lex;
mod lists;
mod maps;
mod numbers;
mod parse;
mod strings;
mod syntax;

use super::{TemplateError, Value};

pub(in crate::gitops::argocd) use maps::merge;
pub(in crate::gitops::argocd) use strings::{normalized, path_base, path_directory};

/// What the keys of a map that are not there give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// Nothing, printed as `<no value>`: Go's default.
    #[default]
    Nothing,
    /// An error: `missingkey=error`.
    Error,
    /// They may be there; only the controller knows.
    Open,
}

/// Fills in a template.
///
/// # Errors
/// When the template is malformed, fails, needs what is not known here, or takes too much.
pub fn fill(template: &str, data: &Value, missing: MissingKey) -> Result<String, TemplateError> {
    if !template.contains("{{") {
        return Ok(template.to_owned());
    }
    let body = parse::parse(template)?;
    evaluate::run(&body, data, missing)
}

#[cfg(test)]
mod tests;
