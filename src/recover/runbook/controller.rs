//! The steps in which the GitOps controller takes part.

use crate::project::Controller;

use super::shell::word;
use super::{Facts, Step};

/// Nobody may apply half of the change, or bring the old Cluster back.
pub(super) fn freeze(facts: &Facts) -> Step {
    match &facts.controller {
        Some((Controller::ArgoCd, name, _)) => {
            let app = word(name);
            Step::new("Freeze Argo CD")
                .run(format!("argocd app set {app} --sync-policy none"))
                .run(format!("argocd app get {app}"))
                .expect("`Sync Policy: Manual`")
                .stop_if("the policy turns back to Automated: an ApplicationSet or a parent application owns it, so freeze that one")
        }
        Some((Controller::Flux, name, namespace)) => {
            let namespace = namespace.as_deref().unwrap_or("flux-system");
            let name = word(name);
            let namespace = word(namespace);
            Step::new("Freeze Flux")
                .run(format!("flux suspend kustomization {name} -n {namespace}"))
                .run(format!("flux get kustomization {name} -n {namespace}"))
                .expect("SUSPENDED is True")
                .stop_if("a parent Kustomization resumes it: suspend that one too")
        }
        None => Step::new("Freeze whatever applies these manifests")
            .run(format!("{} get cluster.postgresql.cnpg.io {} -o yaml | grep -E 'managed-by|tracking-id|toolkit.fluxcd.io'", facts.kubectl(), word(&facts.live)))
            .expect("no controller's label or annotation, or that controller is suspended")
            .stop_if("something still reconciles the Cluster"),
    }
}

/// The change reaches the branch that is applied.
pub(super) fn merge(facts: &Facts) -> Step {
    Step::new("Merge the change")
        .run("git log -1 --stat")
        .run("git push")
        .expect(format!(
            "the branch that is applied reads `{}` and writes `{}`",
            facts.source, facts.write
        ))
        .stop_if(
            "the change was rebased or edited since it was verified: run `walbound lint` again",
        )
}

/// What the controller renders, not what it shows from memory.
pub(super) fn prove(facts: &Facts) -> Step {
    let expected = format!(
        "`recovery:` with `source` and below `externalClusters` `serverName: {}`; below `plugins` or `backup` `{}`",
        facts.source, facts.write
    );
    // Beside the live Cluster, which may keep its `initdb:`, the new lineage tells.
    let stale = if facts.beside {
        format!("`{}` is missing", facts.write)
    } else {
        "`initdb:` is still there".to_owned()
    };
    let filter = "grep -nE 'initdb:|recovery:|source:|serverName:|target'";
    let step = Step::new("Prove that recovery is what will be applied");
    let step = match facts.successor.as_ref().or(facts.controller.as_ref()) {
        Some((Controller::ArgoCd, name, _)) => {
            let app = word(name);
            step.run(format!("argocd app get {app} --hard-refresh"))
                .run(format!("argocd app manifests {app} --source git | {filter}"))
                .stop_if(format!("{stale}: Argo CD serves a cached rendering; look at `argocd.argoproj.io/manifest-generate-paths` and at ignored differences"))
        }
        Some((Controller::Flux, name, namespace)) => {
            let namespace = word(namespace.as_deref().unwrap_or("flux-system"));
            step.run(format!(
                "flux reconcile source git flux-system -n {namespace}"
            ))
            .run(format!(
                "flux build kustomization {} -n {namespace} --path {} --dry-run | {filter}",
                word(name),
                word(&format!("./{}", facts.directory))
            ))
            .stop_if(format!(
                "{stale}, or a variable stands where a lineage should"
            ))
        }
        None => step
            .run(format!(
                "walbound render {} | {filter}",
                word(&facts.directory)
            ))
            .stop_if(stale),
    };
    step.expect(expected)
}

/// The recovery begins.
pub(super) fn sync(facts: &Facts) -> Step {
    let created = format!("cluster.postgresql.cnpg.io/{} created", facts.name);
    let there = if facts.beside {
        "a Cluster of that name was there already"
    } else {
        "the old Cluster is still there"
    };
    match facts.successor.as_ref().or(facts.controller.as_ref()) {
        Some((Controller::ArgoCd, name, _)) => Step::new("Sync")
            .run(format!("argocd app sync {}", word(name)))
            .expect(created)
            .stop_if(format!("the sync reports `configured` instead: {there}")),
        Some((Controller::Flux, name, namespace)) => {
            let namespace = word(namespace.as_deref().unwrap_or("flux-system"));
            Step::new("Resume Flux")
                .run(format!(
                    "flux resume kustomization {} -n {namespace}",
                    word(name)
                ))
                .expect("Applied revision: the commit with the change")
                .stop_if("the revision is an older one")
        }
        None => Step::new("Apply")
            .run(format!("kubectl apply -k {}", word(&facts.directory)))
            .expect(created)
            .stop_if(format!("it says `configured` instead: {there}")),
    }
}
