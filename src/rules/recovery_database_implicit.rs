//! Recovery without database and owner falls back to `app`.

use crate::diagnostic::{Diagnostic, Fix, Safety, Severity};
use crate::model::cluster::{Cluster, Method};
use crate::model::identity::{DEFAULT_DATABASE, Identity};
use crate::yaml::patch::{self, NewValue};

use super::overlay_identity_mismatch::identities;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "recovery-database-implicit",
    summary: "recovery names no database or owner and gets `app`",
    severity: Severity::Note,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-database-implicit/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if !cluster.recovers() || cluster.is_replica() {
        return Vec::new();
    }
    let own = Identity::of(cluster, Method::Recovery);
    // Owner defaults to the database's name, so a named database is enough.
    if own.database.explicit {
        return Vec::new();
    }
    let missing = if own.owner.explicit {
        "database"
    } else {
        "database and owner"
    };
    let mut message = format!(
        "recovery of `{}` names no {missing}: it becomes `{DEFAULT_DATABASE}`",
        cluster.title()
    );
    let help = "write the `database` and `owner` of the restored application; otherwise an empty database `app` appears beside it and the application's secret points there";
    let place = cluster.object.place(&["spec", "bootstrap", "recovery"]);
    let initdb = identities(cluster, context).map(|(initdb, _)| initdb);
    let Some(initdb) = initdb.filter(|initdb| {
        initdb.database.value != own.database.value || initdb.owner.value != own.owner.value
    }) else {
        return vec![RULE.found(&cluster.object, place, message).help(help)];
    };
    message.push_str(&format!(
        ", initdb has database `{}` of owner `{}`",
        initdb.database.value, initdb.owner.value
    ));
    let fix = write_out(cluster, &initdb, own.owner.explicit, context);
    let finding = RULE
        .found(&cluster.object, place, message)
        .severity(Severity::Error)
        .help(help);
    vec![
        finding
            .related(initdb.database.place.span, "initdb creates this")
            .maybe_fix(fix),
    ]
}

/// Writes database and owner as initdb has them.
fn write_out(
    cluster: &Cluster,
    initdb: &Identity,
    has_owner: bool,
    context: &Context<'_>,
) -> Option<Fix> {
    let recovery = cluster.object.find(&["spec", "bootstrap", "recovery"])?;
    let written = context.written(recovery.span())?;
    let source = context.source(written.span());
    let keys: Vec<&str> = written
        .as_mapping()?
        .iter()
        .filter_map(|entry| entry.key.text())
        .collect();
    let insert = |after: Option<&str>, key: &str, value: &str| {
        patch::insert_entry(
            source,
            written,
            after,
            key,
            &NewValue::Scalar(value.to_owned()),
        )
        .ok()
    };
    let (database, owner) = (&initdb.database.value, &initdb.owner.value);
    let edits = match written.get("owner") {
        // With an owner in place, or one that the default gets right, one line is missing.
        Some(_) if has_owner => vec![insert(Some("owner"), "database", database)?],
        _ if owner == database => vec![insert(keys.first().copied(), "database", database)?],
        // Two insertions need two places.
        _ if keys.len() > 1 => vec![
            insert(keys.first().copied(), "database", database)?,
            insert(keys.last().copied(), "owner", owner)?,
        ],
        _ => return None,
    };
    Some(Fix {
        title: format!("write database `{database}` and owner `{owner}`, as initdb has them"),
        safety: Safety::Unsafe,
        edits,
    })
}
