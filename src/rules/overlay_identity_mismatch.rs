//! Initdb and recovery of one database agree on database, owner and secret.

use crate::diagnostic::{Diagnostic, Safety, Severity};
use crate::model::cluster::{Cluster, Method};
use crate::model::identity::{Effective, Identity};
use crate::yaml::patch;

use super::rule::{Check, Context, Needs, Remedy, Rule, single_edit};

pub(super) const RULE: Rule = Rule {
    id: "overlay-identity-mismatch",
    summary: "database, owner or secret differ between initdb and recovery",
    severity: Severity::Error,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/overlay-identity-mismatch/README.md"),
    check: Check::Cluster(check),
};

/// What initdb and recovery of one database work with, when an overlay has each.
pub(super) fn identities(cluster: &Cluster, context: &Context<'_>) -> Option<(Identity, Identity)> {
    if cluster.methods != [Method::Recovery] || cluster.is_replica() {
        return None;
    }
    let initdb = context
        .project
        .siblings(cluster)
        .find(|other| other.methods == [Method::Initdb])?;
    let pair = (
        Identity::of(initdb, Method::Initdb),
        Identity::of(cluster, Method::Recovery),
    );
    (!pair.0.has_variable() && !pair.1.has_variable()).then_some(pair)
}

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((initdb, recovery)) = identities(cluster, context) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // A recovery that names no database is another rule's finding.
    if recovery.database.explicit {
        found.extend(differs(
            cluster,
            "database",
            &initdb.database,
            &recovery.database,
            context,
        ));
        let said = initdb.owner.explicit || recovery.owner.explicit;
        found.extend(
            differs(cluster, "owner", &initdb.owner, &recovery.owner, context).filter(|_| said),
        );
    }
    found.extend(secret(cluster, &initdb, &recovery, context));
    found
}

fn differs(
    cluster: &Cluster,
    field: &str,
    wanted: &Effective,
    found: &Effective,
    context: &Context<'_>,
) -> Option<Diagnostic> {
    if wanted.value == found.value {
        return None;
    }
    let by_default = if found.explicit { "" } else { " by default" };
    let message = format!(
        "recovery of `{}` uses {field} `{}`{by_default}, initdb uses `{}`",
        cluster.title(),
        found.value,
        wanted.value
    );
    let finding = RULE.found(&cluster.object, found.place.clone(), message);
    let said = if wanted.explicit {
        "initdb says this".to_owned()
    } else {
        format!("initdb says nothing, which is `{}`", wanted.value)
    };
    Some(advised(
        finding.related(wanted.place.span, said),
        cluster,
        &[field],
        &wanted.value,
        context,
    ))
}

fn secret(
    cluster: &Cluster,
    initdb: &Identity,
    recovery: &Identity,
    context: &Context<'_>,
) -> Option<Diagnostic> {
    let wanted = initdb.secret.as_ref()?;
    let found = recovery.secret.as_ref().map(|secret| secret.value.as_str());
    if found == Some(&wanted.value) {
        return None;
    }
    let used = found.map_or_else(
        || "names no secret".to_owned(),
        |name| format!("uses secret `{name}`"),
    );
    let message = format!(
        "recovery of `{}` {used}, initdb uses `{}`",
        cluster.title(),
        wanted.value
    );
    let place = cluster
        .object
        .place(&["spec", "bootstrap", "recovery", "secret", "name"]);
    let finding = RULE
        .found(&cluster.object, place, message)
        .related(wanted.span, "initdb says this");
    Some(advised(
        finding,
        cluster,
        &["secret", "name"],
        &wanted.value,
        context,
    ))
}

/// Help, and a fix where the value is written.
fn advised(
    finding: Diagnostic,
    cluster: &Cluster,
    field: &[&str],
    wanted: &str,
    context: &Context<'_>,
) -> Diagnostic {
    let node = cluster
        .object
        .find(&[&["spec", "bootstrap", "recovery"], field].concat());
    let fix = node
        .filter(|node| node.as_scalar().is_some())
        .and_then(|node| {
            let edit = patch::set_scalar(context.source(node.span()), node, wanted);
            single_edit(
                format!("use `{wanted}`, as initdb does"),
                Safety::Unsafe,
                edit,
            )
        });
    let help = format!(
        "use `{wanted}` in both; after the restore the operator works with what recovery names"
    );
    finding.help(help).maybe_fix(fix)
}
