//! A HelmRelease that uninstalls its Cluster when something fails.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::object::Place;
use crate::project::flux::Release;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "flux-remediation-uninstalls",
    summary: "HelmRelease uninstalls or replaces the cluster when an action fails",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/flux-remediation-uninstalls/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context
        .project
        .releases
        .iter()
        .flat_map(of_release)
        .collect()
}

fn of_release(release: &Release) -> Vec<Diagnostic> {
    let name = &release.object.name.value;
    let finding = |(place, message, help): (Place, String, &'static str)| {
        RULE.found(&release.object, place, message)
            .label("deletes the database")
            .related(
                release.object.name.span,
                "the release that holds the Cluster",
            )
            .help(help)
    };
    [install(release), upgrade(release), force(release)]
        .into_iter()
        .flatten()
        .map(|(place, what, help)| {
            let message = format!("HelmRelease `{name}` {what}, its Cluster and volumes with it");
            finding((place, message, help))
        })
        .collect()
}

type Found = (Place, &'static str, &'static str);

/// Between two tries of an installation the release is uninstalled. Source: helm-controller `api/v2` (Install,
/// InstallRemediation); the strategy `RetryOnFailure` has no remediation.
fn install(release: &Release) -> Option<Found> {
    let path = ["spec", "install", "remediation", "retries"];
    let retries = release.object.find(&path)?.as_integer()?;
    let strategy = release
        .object
        .find(&["spec", "install", "strategy", "name"]);
    let keeps = strategy.and_then(|name| name.text()) == Some("RetryOnFailure");
    (retries != 0 && !keeps).then(|| {
        (
            release.object.place(&path),
            "is uninstalled between tries when an installation fails",
            "write `install.strategy.name: RetryOnFailure`, or `install.remediation.retries: 0`: a restore that takes longer than the timeout counts as a failure",
        )
    })
}

/// `strategy: uninstall` does something unless there is nothing to remedy.
fn upgrade(release: &Release) -> Option<Found> {
    let remediation = release.object.find(&["spec", "upgrade", "remediation"])?;
    let path = ["spec", "upgrade", "remediation", "strategy"];
    let uninstalls = remediation.get("strategy")?.text() == Some("uninstall");
    let retries = remediation.get("retries").and_then(|own| own.as_integer());
    let last = remediation
        .get("remediateLastFailure")
        .and_then(|own| own.as_bool());
    let never = retries == Some(0) && last != Some(true);
    let strategy = release
        .object
        .find(&["spec", "upgrade", "strategy", "name"]);
    let keeps = strategy.and_then(|name| name.text()) == Some("RetryOnFailure");
    (uninstalls && !never && !keeps).then(|| {
        (
            release.object.place(&path),
            "is uninstalled when an upgrade fails",
            "write `upgrade.remediation.strategy: rollback`, or `upgrade.strategy.name: RetryOnFailure`",
        )
    })
}

fn force(release: &Release) -> Option<Found> {
    let path = ["spec", "upgrade", "force"];
    (release.object.flag(&path) == Some(true)).then(|| {
        (
            release.object.place(&path),
            "is replaced instead of patched at an upgrade",
            "remove `upgrade.force`: a change that CloudNativePG refuses should fail, not replace the Cluster",
        )
    })
}
