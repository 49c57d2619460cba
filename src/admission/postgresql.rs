//! Settings of PostgreSQL other than its parameters: client authentication and LDAP.

use std::sync::LazyLock;

use regex::Regex;

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::repeated;
use super::label::selector_problem;
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/ldap-server",
        "postgresql.ldap",
        "LDAP without a server",
        Look::Whole(ldap_server),
    ),
    Check::error(
        "admission/ldap-both",
        "postgresql.ldap",
        "LDAP with both ways to bind",
        Look::Whole(ldap_binds),
    ),
    Check::error(
        "admission/podsel-dup",
        "podSelectorRefs[].name",
        "two pod selectors of one name",
        Look::Many(same_selector),
    )
    .since(SELECTORS),
    Check::error(
        "admission/podsel-selector",
        "podSelectorRefs[].selector",
        "pod selector that is no label selector",
        Look::Each(&["spec", "podSelectorRefs"], |item, _| {
            let (field, problem) = selector_problem(&item.get("selector"))?;
            Some(field.refuse(format!("the selector of pods is not valid: {problem}")))
        }),
    )
    .since(SELECTORS),
    Check::error(
        "admission/hba-selector",
        "postgresql.pg_hba[]",
        "line with an unknown `${type:name}`, or with several",
        Look::Many(hba_lines),
    )
    .since(SELECTORS),
];

const SELECTORS: &[Release] = &[Release(29, 0)];

fn ldap_server(manifest: &Manifest<'_>) -> Option<Refusal> {
    let ldap = manifest.spec(&["postgresql", "ldap"]);
    let server = ldap.get("server");
    (ldap.is_set() && server.text()?.is_empty())
        .then(|| server.refuse("LDAP is configured without a server"))
}

fn ldap_binds(manifest: &Manifest<'_>) -> Option<Refusal> {
    let ldap = manifest.spec(&["postgresql", "ldap"]);
    let (simple, search) = (ldap.get("bindAsAuth"), ldap.get("bindSearchAuth"));
    (simple.is_set() && search.is_set()).then(|| {
        let message = "LDAP binds either directly or after a search, both are configured";
        search
            .refuse(message)
            .help("keep `bindAsAuth` or `bindSearchAuth`")
    })
}

fn same_selector(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let names = manifest.spec(&["podSelectorRefs"]).items().into_iter();
    let names = names.map(|item| item.get("name")).collect();
    repeated(names, |name| name.text().map(str::to_owned))
        .into_iter()
        .map(|(field, name)| field.refuse(format!("pod selector `{name}` is defined twice")))
        .collect()
}

/// `${type:name}`; the pattern is a constant that compiles.
static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$\{([^:]+):([^}]+)\}").ok());

fn hba_lines(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let Some(reference) = REFERENCE.as_ref() else {
        return Vec::new();
    };
    let lines = manifest.spec(&["postgresql", "pg_hba"]).items().into_iter();
    lines
        .filter_map(|line| {
            let text = line.raw_text().filter(|text| text.contains("${"))?;
            let problem = hba_problem(text, reference, manifest)?;
            Some(line.refuse(problem))
        })
        .collect()
}

/// What is wrong with the references of a line. Source: CNPG `pkg/postgres/hba/hba.go`.
fn hba_problem(line: &str, reference: &Regex, manifest: &Manifest<'_>) -> Option<String> {
    let mut selectors = 0;
    for found in reference.captures_iter(line) {
        let (kind, name) = (found.get(1)?.as_str(), found.get(2)?.as_str());
        // `${NAME:=default}` and its like are variables that something else substitutes.
        if name.starts_with(['=', '-', '+', '?']) {
            return None;
        }
        if kind != "podselector" {
            return Some(format!(
                "`{kind}` is no kind of reference: only `${{podselector:NAME}}` is"
            ));
        }
        let known = manifest.spec(&["podSelectorRefs"]).items().into_iter();
        let names: Option<Vec<&str>> = known.map(|item| item.get("name").text()).collect();
        if !names?.contains(&name) {
            return Some(format!(
                "pod selector `{name}` is not defined in `podSelectorRefs`"
            ));
        }
        selectors += 1;
    }
    (selectors > 1).then(|| "a line takes one pod selector, here are several".to_owned())
}
