//! An ignored field that an existing Cluster keeps whatever Git says.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::ignore::{Damage, Finding, Verdict};

use super::super::rule::{Check, Context, Needs, Remedy, Rule};
use super::ignored::{existing_keep, fields, found_kept, listed};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "recovery-pinned-by-argocd",
    summary: "ignored field that an existing Cluster keeps",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/recovery-pinned-by-argocd/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context.ignores.findings.iter().filter_map(judged).collect()
}

fn judged(finding: &Finding) -> Option<Diagnostic> {
    let Verdict::Effects { pinned, .. } = &finding.verdict else {
        return None;
    };
    if pinned.is_empty() || pinned.contains_key(&Damage::Protection) {
        return None;
    }
    let keeps = existing_keep(finding);
    let what = if finding.is_manager {
        format!("every value that `{}` set", finding.text.value)
    } else {
        let worst = pinned
            .iter()
            .filter(|(damage, _)| damage.when_pinned() == finding.severity);
        listed(&fields(worst))
    };
    let no_other = |damage: &Damage| matches!(damage, Damage::Initdb | Damage::InitdbField);
    let message = if pinned.contains_key(&Damage::Initdb) && pinned.keys().all(no_other) {
        format!(
            "{keeps} {what} beside a recovery that Git wants; CloudNativePG refuses two methods"
        )
    } else {
        format!("{keeps} {what}; Git's change will not take effect")
    };
    let older = pinned.values().all(|effect| effect.older_only);
    let message = if older {
        format!("{message} (Argo CD before 3.3.13, and 3.4.0 to 3.4.4)")
    } else {
        message
    };
    Some(found_kept(&RULE, finding, message).help(help(pinned.keys().copied().collect())))
}

/// What does the same without the danger.
fn help(damages: Vec<Damage>) -> String {
    let has = |damage| damages.contains(&damage);
    let first = if has(Damage::Bootstrap) || has(Damage::Initdb) || has(Damage::InitdbField) {
        "remove it: a running Cluster never looks at `bootstrap` again, and `Prune=false,Delete=false` among its sync options is what keeps it; \
         against a lasting difference write the webhook's defaults into Git (`database`, `owner`, `encoding`, `localeCollate`, `localeCType`)"
    } else if has(Damage::Backups) {
        "remove it: backups would go on as the object in the cluster says"
    } else if has(Damage::Lineage) || has(Damage::Sources) || has(Damage::Roles) {
        "remove it: CloudNativePG's lists are replaced as a whole, so one ignored field keeps the whole list; \
         write the defaults into Git instead (`enabled: true` of a plugin; `connectionLimit`, `inherit` and `ensure` of a role)"
    } else {
        "remove it, or put the Cluster into an application without `RespectIgnoreDifferences=true`"
    };
    format!(
        "{first}; or let the Application compare with `ServerSideDiff=true,IncludeMutationWebhook=true`. \
         Safe to ignore: `/spec/enablePDB`, `/spec/logLevel`, `/spec/storage/resizeInUseVolumes`"
    )
}
