//! What a rule is: data and one function.

use std::borrow::Cow;

use crate::admission;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Evidence, Fix, Label, Safety, Severity};
use crate::facts::change::State;
use crate::facts::{Archives, Change, LineageHistory};
use crate::gitops::argocd::Applications;
use crate::gitops::argocd::ignore::Survey;
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::model::instant::Instant;
use crate::model::object::{Object, Place};
use crate::project::Project;
use crate::schema;
use crate::text::{Edit, Span};
use crate::yaml::Node;
use crate::yaml::patch::PatchError;

use super::archived::{Lineage, Looked, Recovery};

/// What a rule looks at. The engine owns every loop; a rule sees one item.
pub enum Check {
    /// Called for each rendering of each Cluster.
    Cluster(fn(&Cluster, &Context<'_>) -> Vec<Diagnostic>),
    /// Called for each rendering of each ScheduledBackup.
    Schedule(fn(&ClusterUser, &Context<'_>) -> Vec<Diagnostic>),
    /// Called for each rendering of each Backup and ScheduledBackup.
    Backup(fn(&ClusterUser, &Context<'_>) -> Vec<Diagnostic>),
    /// Called for each rendering of each Cluster that is recovered from an archive, when an archive is at hand.
    Recovery(fn(&Recovery<'_>, &Context<'_>) -> Looked),
    /// Called for each rendering of each Cluster, and as well for each one that is recovered from an archive, when an
    /// archive is at hand.
    ClusterAndRecovery(
        fn(&Cluster, &Context<'_>) -> Vec<Diagnostic>,
        fn(&Recovery<'_>, &Context<'_>) -> Looked,
    ),
    /// Called for each archive that Clusters write to or are recovered from, when one is at hand.
    Lineage(fn(&Lineage<'_>, &Context<'_>) -> Looked),
    /// Called once.
    Project(fn(&Context<'_>) -> Vec<Diagnostic>),
    /// Called for each rendering of each object of the check's kind, with its defaults.
    Admission(&'static admission::Check),
    /// Called for each rendering of each object whose kind has a schema; all sorts of problems are found together.
    Schema(schema::Sort),
    /// Found while the allows of the manifests and the ignores of the configuration are applied.
    Suppression,
}

/// How a finding of the rule is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// `lint --fix` does it.
    Safe,
    /// `lint --fix --unsafe-fixes` does it.
    Unsafe,
    /// A person does it; the help says how.
    ByHand,
}

impl Remedy {
    /// The word used in lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::ByHand => "none",
        }
    }
}

/// What a rule has to know to be right. Without it the rule is reported as skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The manifests that were read.
    Manifests,
    /// Every Cluster: no file that could not be read looks like one.
    EveryCluster,
    /// Every ObjectStore, likewise.
    EveryStore,
    /// Every ScheduledBackup, likewise.
    EverySchedule,
    /// The archive, or an inventory of it, of each database it speaks of.
    Archive,
    /// The revision that a change is made to.
    Base,
    /// The history of the repository.
    History,
}

/// A rule.
pub struct Rule {
    /// Kebab-case name of the mistake.
    pub id: &'static str,
    /// The mistake in a few words.
    pub summary: &'static str,
    /// Severity unless a finding or the configuration says otherwise.
    pub severity: Severity,
    /// How it is mended.
    pub remedy: Remedy,
    /// What it has to know to be right.
    pub needs: Needs,
    /// The page of the rule, in Markdown; empty where [`Rule::page`] writes it.
    pub explain: &'static str,
    /// The check.
    pub check: Check,
}

/// What a check may look at.
pub struct Context<'c> {
    /// The repository.
    pub project: &'c Project,
    /// Its configuration.
    pub config: &'c Config,
    /// The time of the run.
    pub now: Instant,
    /// The archives at hand.
    pub archives: &'c Archives,
    /// The Applications that Argo CD applies.
    pub applications: &'c Applications,
    /// What Argo CD ignores, and what that does.
    pub ignores: &'c Survey,
    /// What the change under review does to the databases, where there is a base revision.
    pub change: Option<&'c Change>,
    /// The history of the repository, where it is at hand.
    pub history: Option<&'c LineageHistory>,
}

impl Context<'_> {
    /// The text of the file that holds a span.
    pub fn source(&self, span: Span) -> &str {
        &self.project.sources.file(span.file).text
    }

    /// The node of a source document that covers exactly these bytes.
    ///
    /// Rendered maps mix entries of several files; an edit needs the map as one file has it.
    pub fn written(&self, span: Span) -> Option<&Node> {
        self.project.written(span)
    }
}

impl Context<'_> {
    /// What a database was at the base revision and what it is now; `None` for one that is new or switched off.
    pub(super) fn changed(&self, cluster: &Cluster) -> Option<(&State, &State)> {
        self.change?.of(cluster)?.both()
    }

    /// The root of the document that an object was rendered from, as its file has it.
    pub(super) fn origin(&self, object: &Object) -> Option<&Node> {
        let source = object.source();
        let documents = self.project.parsed.get(&source.file)?;
        let mut documents = documents.as_ref().as_ref().ok()?.iter();
        let own = documents.find(|document| {
            let kind = document.root.get("kind");
            kind.is_some_and(|kind| kind.span() == source)
        });
        own.map(|document| &document.root)
    }

    /// The safety of replacing a value: an anchored one may be used elsewhere too, which a person has to judge.
    pub(super) fn safety_of(&self, node: &Node, alone: Safety) -> Safety {
        let written = self.written(node.span());
        let anchored = written
            .and_then(|node| node.properties.as_ref())
            .is_some_and(|properties| properties.anchor.is_some());
        if anchored {
            alone.min(Safety::Unsafe)
        } else {
            alone
        }
    }
}

/// What is true of every check of the operator, at the end of its page. Source: CNPG `internal/webhook/v1`.
fn after_admission(severity: Severity) -> String {
    let why = match severity {
        Severity::Error => {
            "What the admission webhook refuses is not stored. The sync of the GitOps controller fails, and nothing of the change
takes effect: the recovery does not begin, or the database stays as it was. It is learned only after the merge."
        }
        Severity::Warning | Severity::Note => {
            "The object is stored all the same. The warning is part of the answer of the API server: `kubectl` prints it, but with
GitOps nobody stands there to read it."
        }
    };
    format!(
        "
## Why it hurts a recovery

{why}

## Fix safety

None. Which value was meant is for a person to say.

## References

- CloudNativePG, `internal/webhook/v1`: the defaulters and validators of its kinds.
- CloudNativePG API reference: <https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/>
"
    )
}

impl Rule {
    /// The page of the rule, in Markdown.
    pub fn page(&self) -> Cow<'static, str> {
        match self.check {
            Check::Admission(check) => {
                Cow::Owned(admission::page(check) + &after_admission(self.severity))
            }
            _ => Cow::Borrowed(self.explain),
        }
    }

    /// A finding about a place of an object.
    pub(super) fn found(
        &self,
        object: &Object,
        place: Place,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            object: Some(object.reference()),
            pointer: Some(place.pointer),
            ..self.found_at(place.span, message)
        }
    }

    /// A finding about a place that belongs to no object.
    pub(crate) fn found_at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            rule: self.id,
            severity: self.severity,
            message: message.into(),
            primary: Label::new(span, ""),
            related: Vec::new(),
            help: None,
            fix: None,
            object: None,
            pointer: None,
            evidence: Evidence::Manifests,
            renderings: Vec::new(),
        }
    }
}

/// A fix of one edit; `None` where the text does not allow the edit, and the finding stands without a fix.
pub(super) fn single_edit(
    title: impl Into<String>,
    safety: Safety,
    edit: Result<Edit, PatchError>,
) -> Option<Fix> {
    Some(Fix {
        title: title.into(),
        safety,
        edits: vec![edit.ok()?],
    })
}

impl Diagnostic {
    /// Says that the finding rests on the history or a base revision.
    #[must_use]
    pub(super) fn by_history(mut self) -> Self {
        self.evidence = Evidence::History;
        self
    }

    /// Labels the primary place.
    #[must_use]
    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Offers a change, if there is one.
    #[must_use]
    pub(super) fn maybe_fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}
