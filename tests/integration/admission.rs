//! What the operator refuses, as the program tells it.

use crate::since::{commit_all, git};
use crate::workspace::{Answer, Workspace};

const CLUSTER: &str = "apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: db
  namespace: data
spec:
  instances: 1
  imageName: ghcr.io/cloudnative-pg/postgresql:17.6
  storage:
    size: 10GB
  primaryUpdateStrategy: supervised
";

fn workspace() -> Workspace {
    Workspace::repository(&[("db.yaml", CLUSTER)])
}

/// The rules and severities of the findings.
fn told(answer: &Answer) -> Vec<(String, String)> {
    let report: serde_json::Value = serde_json::from_str(&answer.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", answer.out, answer.err));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (text(&finding["rule"]), text(&finding["severity"])))
        .collect()
}

fn lint(workspace: &Workspace, arguments: &[&str]) -> Vec<(String, String)> {
    let base = ["lint", "--format", "json"];
    let answer = workspace.run(&[&base, arguments].concat());
    told(&answer)
}

fn rules(findings: &[(String, String)]) -> Vec<&str> {
    findings.iter().map(|(rule, _)| rule.as_str()).collect()
}

#[test]
fn the_family_and_each_id_can_be_chosen_and_left_out() {
    let workspace = workspace();
    let both = [
        "admission/storage-size-parse",
        "admission/update-strategy-single",
    ];
    assert_eq!(rules(&lint(&workspace, &["--select", "admission"])), both);
    let one = lint(&workspace, &["--select", both[1]]);
    assert_eq!(rules(&one), [both[1]]);
    let left = lint(&workspace, &["--select", "admission", "--ignore", both[1]]);
    assert_eq!(rules(&left), [both[0]]);
    let all = lint(&workspace, &["--ignore", "admission"]);
    assert!(!rules(&all).iter().any(|rule| rule.starts_with("admission")));
    let misspelt = workspace.run(&["lint", "--select", "admission/storage-size-pars"]);
    assert_eq!(misspelt.code, Some(2));
    assert!(misspelt.err.contains("did you mean"), "{}", misspelt.err);
}

#[test]
fn the_configuration_speaks_of_the_family_and_of_single_ids() {
    let workspace = workspace();
    let config = "rules:\n  admission: warning\n  admission/storage-size-parse: note\n";
    workspace.put(".walbound.yaml", config);
    let told = lint(&workspace, &["--select", "admission"]);
    let severities: Vec<&str> = told.iter().map(|(_, severity)| severity.as_str()).collect();
    assert_eq!(severities, ["note", "warning"]);
    workspace.put(".walbound.yaml", "rules:\n  admission: off\n");
    let told = lint(&workspace, &[]);
    assert!(
        !rules(&told)
            .iter()
            .any(|rule| rule.starts_with("admission"))
    );
}

#[test]
fn an_allow_of_the_family_covers_its_ids_and_is_unused_otherwise() {
    let workspace = workspace();
    let allowed = CLUSTER
        .replace(
            "10GB",
            "10GB # walbound: allow(admission) the operator is patched",
        )
        .replace(
            "supervised\n",
            "supervised # walbound: allow(admission/update-strategy-single) a drill\n",
        );
    workspace.put("db.yaml", &allowed);
    let told = lint(&workspace, &["--select", "admission,unused-allow"]);
    assert_eq!(rules(&told), [""; 0]);
    workspace.put("db.yaml", &allowed.replace("10GB", "10Gi"));
    let told = lint(&workspace, &["--select", "admission,unused-allow"]);
    assert_eq!(rules(&told), ["unused-allow"]);
}

#[test]
fn a_mistake_that_another_rule_tells_is_told_once() {
    let schedule = "apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: daily
spec:
  schedule: every day
  cluster:
    name: db
";
    let workspace = Workspace::repository(&[("daily.yaml", schedule)]);
    let told = lint(&workspace, &["--select", "admission,cron-invalid"]);
    assert_eq!(rules(&told), ["cron-invalid"]);
    let told = lint(&workspace, &["--select", "admission"]);
    assert_eq!(rules(&told), ["admission/sb-cron-invalid"]);
}

#[test]
fn the_page_of_a_check_shows_what_is_refused_and_what_is_taken() {
    let workspace = Workspace::plain(&[]);
    let page = workspace.run(&["explain", "admission/storage-size-parse"]);
    assert_eq!(page.code, Some(0), "{}", page.err);
    let left_out = workspace.run(&["explain", "admission/initdb-owner-missing"]);
    assert_eq!(left_out.code, Some(2));
    assert!(left_out.err.contains("the defaulter"), "{}", left_out.err);
    for part in [
        "# admission/storage-size-parse\n",
        "Field: `spec.storage.size`",
        "## Example refused\n\n```yaml\nspec:\n  storage:\n    size: 10GB\n```",
        "## Example accepted\n\n```yaml\nspec:\n  storage:\n    size: 10Gi\n```",
    ] {
        assert!(page.out.contains(part), "{part}\n{}", page.out);
    }
}

#[test]
fn render_shows_a_cluster_as_the_operator_stores_it() {
    let workspace = Workspace::repository(&[
        ("db/cluster.yaml", CLUSTER),
        ("db/kustomization.yaml", "resources: [cluster.yaml]\n"),
    ]);
    let plain = workspace.run(&["render", "db"]);
    assert!(!plain.out.contains("bootstrap"), "{}", plain.out);
    let stored = workspace.run(&["render", "db", "--defaults"]);
    assert_eq!(stored.code, Some(0), "{}", stored.err);
    for part in [
        "  bootstrap:\n    initdb:\n      database: app\n",
        "      archive_mode: \"on\"\n",
        "  enablePDB: true\n",
        "    size: 10GB\n",
    ] {
        assert!(stored.out.contains(part), "{part}\n{}", stored.out);
    }
    workspace.put(".walbound.yaml", "operatorVersion: \"1.26.0\"\n");
    let older = workspace.run(&["render", "db", "--defaults"]);
    assert!(stored.out.contains("isolationCheck"), "{}", stored.out);
    assert!(!older.out.contains("isolationCheck"), "{}", older.out);
}

#[test]
fn what_a_release_takes_that_is_not_known_here_is_a_warning() {
    let cluster = CLUSTER.replace("  primaryUpdateStrategy: supervised\n", "") + BACKUP;
    let workspace = Workspace::repository(&[("db.yaml", &cluster)]);
    let told = |version| {
        let select = ["compression-unsupported", "schema-violation"];
        let select = select.map(|rule| ["--select", rule]).concat();
        lint(
            &workspace,
            &[&["--operator-version", version][..], &select].concat(),
        )
    };
    let one = |rule: &str, severity: &str| vec![(rule.to_owned(), severity.to_owned())];
    assert_eq!(told("1.30.0"), one("compression-unsupported", "error"));
    assert_eq!(told("1.31.0"), one("schema-violation", "warning"));
}

const BACKUP: &str = "  backup:
    barmanObjectStore:
      destinationPath: s3://backups/db
      s3Credentials: {inheritFromIAMRole: true}
      data: {compression: zstd}
";

#[test]
fn an_update_is_judged_as_one_only_where_the_object_stays() {
    let workspace = Workspace::plain(&[("db.yaml", CLUSTER)]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit_all(&workspace);
    let told = |cluster: &str| {
        workspace.put("db.yaml", cluster);
        let select = ["--since", "main", "--select", "admission/image-downgrade"];
        let mut told = lint(&workspace, &select);
        told.pop().map(|(_, severity)| severity)
    };
    let older = CLUSTER.replace("17.6", "16.10");
    assert_eq!(told(&older).as_deref(), Some("error"));
    let recovery = "  bootstrap: {recovery: {source: old, database: app, owner: app}}\n";
    let anew = format!("{older}{recovery}");
    assert_eq!(told(&anew).as_deref(), Some("warning"));
    assert_eq!(told(&older.replace("name: db", "name: db-old")), None);
}
