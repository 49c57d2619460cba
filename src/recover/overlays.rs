//! The switch between overlays that a kustomization keeps in comments.

use crate::model::cluster::Method;
use crate::project::Database;
use crate::text::Edit;
use crate::yaml::Node;
use crate::yaml::patch::{comment_item, uncomment_item};

use super::Refusal;

/// The edits that put the recovery overlay in use; none where no switch knows one.
pub(super) fn to_recovery(database: &Database<'_>) -> Result<Vec<Edit>, Refusal> {
    let project = database.project;
    let live = database.live();
    let names: Vec<&str> = live.iter().map(|cluster| cluster.name()).collect();
    let found = project.switches.iter().find_map(|switch| {
        let wanted = switch
            .choices
            .iter()
            .find(|choice| !choice.active && choice.method == Method::Recovery)?;
        let used = switch.active().next()?;
        let own = names.contains(&switch.cluster.as_str());
        own.then_some((switch, used, wanted))
    });
    let Some((switch, used, wanted)) = found else {
        return Ok(Vec::new());
    };
    let source = &project.sources.file(switch.file).text;
    let named = |error| Refusal::patch(project, switch.list, &error);
    let documents = project.parsed.get(&switch.file);
    let documents = documents.and_then(|parsed| parsed.as_ref().as_ref().ok());
    let entries = documents.and_then(|documents| documents.first()?.root.as_mapping());
    let list = entries
        .and_then(|entries| entries.iter().find(|entry| entry.key.span() == switch.list))
        .map(|entry| &entry.value);
    let items = list.and_then(Node::as_sequence).unwrap_or(&[]);
    let at = items.iter().position(|item| item.span() == used.span);
    let (Some(list), Some(at)) = (list, at) else {
        return Ok(Vec::new());
    };
    Ok(vec![
        comment_item(source, list, at).map_err(named)?,
        uncomment_item(source, list, wanted.span).map_err(named)?,
    ])
}
