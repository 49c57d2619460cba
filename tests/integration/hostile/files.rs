//! Files and trees of files that are broken, endless or circular.

use std::fmt::Write as _;
use std::fs::{self, File};

use super::{CLUSTER, assert_fault_found, assert_says, beside_fault, bounded, cut, fault, faulty};
use crate::workspace::Workspace;

/// Ten levels of ten aliases each: ten thousand million items.
fn alias_bomb() -> String {
    let mut text = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..10 {
        let below = vec![format!("*x{}", level - 1); 10].join(", ");
        writeln!(text, "x{level}: &x{level} [{below}]").unwrap();
    }
    text
}

#[test]
fn alias_bombs_are_refused() {
    let bomb = alias_bomb();
    let manifest = format!("{CLUSTER}{bomb}");
    let merged = format!("{CLUSTER}a: &a {{b: c}}\nspec:\n  <<: [*a, *a]\n  <<: *a\n{bomb}");
    let kustomization = format!("resources: []\n{bomb}");
    let answer = beside_fault(&[
        ("bomb.yaml", &manifest),
        ("merged.yaml", &merged),
        ("config.yaml", &bomb),
        ("k/kustomization.yaml", &kustomization),
    ]);
    assert_says(&answer, "bomb.yaml:");
    assert_says(&answer, "error[invalid-yaml]");
    assert_says(&answer, "k/kustomization.yaml:");
}

#[test]
fn nesting_of_ten_thousand_levels_is_refused() {
    let levels = 10_000;
    let mut block = format!("{CLUSTER}spec:\n");
    for depth in 1..levels / 10 {
        writeln!(block, "{}a:", "  ".repeat(depth)).unwrap();
    }
    let lists = format!("{CLUSTER}spec: {}1\n", "- ".repeat(levels));
    let dashes = format!("{CLUSTER}spec:\n  {}1\n", "- ".repeat(levels));
    let flow = format!(
        "{CLUSTER}spec: {}{}\n",
        "[".repeat(levels),
        "]".repeat(levels)
    );
    let maps = format!(
        "{CLUSTER}spec: {}1{}\n",
        "{a: ".repeat(levels),
        "}".repeat(levels)
    );
    let open = format!("{CLUSTER}spec: {}", "{a: [".repeat(levels));
    let questions = format!("{CLUSTER}spec:\n  {}1\n", "? ".repeat(levels));
    let files = [
        ("block.yaml", block.as_str()),
        ("lists.yaml", &lists),
        ("dashes.yaml", &dashes),
        ("flow.yaml", &flow),
        ("maps.yaml", &maps),
        ("open.yaml", &open),
        ("questions.yaml", &questions),
    ];
    let answer = beside_fault(&files);
    for (name, _) in files {
        assert_says(&answer, &format!("{name}:"));
    }
    assert_says(&answer, "nested deeper than");
}

#[test]
fn files_that_are_no_text_are_left_out() {
    let workspace = faulty();
    let root = workspace.path();
    File::create(root.join("huge.yaml"))
        .unwrap()
        .set_len(100 << 20)
        .unwrap();
    fs::write(
        root.join("latin1.yaml"),
        [CLUSTER.as_bytes(), b"# caf\xe9\n"].concat(),
    )
    .unwrap();
    workspace.put("nul.yaml", &format!("{CLUSTER}spec:\0\n"));
    workspace.put("empty.yaml", "");
    workspace.put("bom.yaml", "\u{feff}");
    fs::create_dir(root.join("directory.yaml")).unwrap();
    fs::create_dir(root.join("kustomization.yaml")).unwrap();
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    assert_fault_found(&answer);
    assert_says(&answer, "nul.yaml:6:6: error[invalid-yaml]");
    let told = bounded(&workspace, &["lint", "--format", "concise", "-v"]);
    for words in [
        "huge.yaml: larger than 16 MiB",
        "latin1.yaml: not UTF-8 text",
    ] {
        assert!(told.err.contains(words), "no {words:?} in\n{}", told.err);
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::repository(&[
        ("db/gitea.yaml", &fault()),
        ("secret.yaml", CLUSTER),
        ("closed/x.yaml", CLUSTER),
    ]);
    for (name, usual) in [("secret.yaml", 0o600), ("closed", 0o700)] {
        let path = workspace.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let is_root = File::open(&path).is_ok();
        if is_root {
            fs::set_permissions(&path, fs::Permissions::from_mode(usual)).unwrap();
            return;
        }
    }
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    fs::set_permissions(
        workspace.path().join("closed"),
        fs::Permissions::from_mode(0o700),
    )
    .unwrap();
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert_says(&answer, "cron-five-fields");
    for name in [
        "secret.yaml: permission denied",
        "closed: permission denied",
    ] {
        assert!(answer.err.contains(name), "{}", answer.err);
    }
}

#[cfg(unix)]
#[test]
fn circles_of_symbolic_links_end() {
    use std::os::unix::fs::symlink;
    let workspace = Workspace::repository(&[
        ("db/gitea.yaml", &fault()),
        (
            "k/kustomization.yaml",
            "resources: [self.yaml, up/db/gitea.yaml]\n",
        ),
    ]);
    let root = workspace.path();
    symlink("self.yaml", root.join("k/self.yaml")).unwrap();
    symlink("..", root.join("k/up")).unwrap();
    symlink("a.yaml", root.join("b.yaml")).unwrap();
    symlink("b.yaml", root.join("a.yaml")).unwrap();
    symlink("/etc/passwd", root.join("k/passwd.yaml")).unwrap();
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    assert_fault_found(&answer);
    assert_says(
        &answer,
        "k/kustomization.yaml:1:13: error[kustomize-broken]",
    );
}

#[test]
fn kustomizations_that_include_each_other_are_refused() {
    let workspace = Workspace::repository(&[
        ("db/gitea.yaml", &fault()),
        ("own/kustomization.yaml", "resources: [.]\n"),
        ("parent/kustomization.yaml", "resources: [child]\n"),
        ("parent/child/kustomization.yaml", "resources: [..]\n"),
        (
            "outside/kustomization.yaml",
            "resources: [../../../../../../../etc/passwd, /etc/passwd]\nkind: Kustomization\n",
        ),
        (
            "component/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncomponents: [../component]\n",
        ),
    ]);
    for level in 0..5_000 {
        let next = format!("resources: [../{}]\n", level + 1);
        workspace.put(&format!("chain/{level}/kustomization.yaml"), &next);
    }
    workspace.put(
        "chain/5000/kustomization.yaml",
        "namePrefix: x-\nresources: []\n",
    );
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    assert_fault_found(&answer);
    for place in [
        "own/kustomization.yaml",
        "parent/",
        "component/kustomization.yaml",
        "outside/kustomization.yaml",
        "chain/",
    ] {
        assert_says(&answer, place);
    }
    assert_eq!(
        answer.out.matches("levels deep").count(),
        1,
        "{}",
        cut(&answer.out)
    );
    assert!(!answer.out.contains("root:"), "{}", cut(&answer.out));
    let rendered = bounded(&workspace, &["render", "chain/0"]);
    assert_eq!(rendered.code, Some(2), "{}", rendered.err);
    assert_eq!(rendered.out, "");
}

#[test]
fn many_documents_and_long_lines_are_read() {
    let documents = "---\n".repeat(100_000);
    let objects = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".repeat(20_000);
    let line = format!("{CLUSTER}spec:\n  description: {}\n", "x ".repeat(500_000));
    let quoted = format!(
        "{CLUSTER}spec:\n  description: \"{}\"\n",
        "é".repeat(500_000)
    );
    let flow = format!("{CLUSTER}spec: {{a: [{}]}}\n", "{b: 'é'}, ".repeat(100_000));
    let answer = beside_fault(&[
        ("documents.yaml", &documents),
        ("objects.yaml", &objects),
        ("line.yaml", &line),
        ("quoted.yaml", &quoted),
        ("flow.yaml", &flow),
    ]);
    assert_says(&answer, "4 clusters");
}
