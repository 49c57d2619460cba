//! Objects that Argo CD runs as hooks. Source: Argo CD `gitops-engine/pkg/sync/hook/`.

use crate::model::object::Object;
use crate::text::Spanned;

const HOOK: &str = "argocd.argoproj.io/hook";
const HELM_HOOK: &str = "helm.sh/hook";

/// What an annotation makes of an object.
pub(super) enum Role {
    /// It is never applied.
    Skipped(Spanned<String>),
    /// It is deleted and created anew at each sync.
    Hook(Spanned<String>),
}

/// The role of an object; `None` for an ordinary one.
pub(super) fn role(object: &Object) -> Option<Role> {
    if let Some(hook) = object.annotation(HOOK) {
        let skips = hook.value.split(',').any(|phase| phase.trim() == "Skip");
        return Some(if skips {
            Role::Skipped(hook)
        } else {
            Role::Hook(hook)
        });
    }
    let helm = object.annotation(HELM_HOOK)?;
    (helm.value != "crd-install").then_some(Role::Hook(helm))
}
