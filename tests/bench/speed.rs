//! How fast walbound is, beside `kubectl kustomize` where that is installed. `README.md` tells how to run it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark writes files, prints a table and stops at the first surprise"
)]

mod argocd;
mod clusters;
#[path = "../integration/endless.rs"]
mod endless;
mod history;
mod manifests;
mod measure;
mod repository;
mod tree;
mod trees;
mod wal;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use measure::Measured;
use tree::Tree;

/// Something to render: its name, how to write it, and how many runs the reference gets.
struct Rendered {
    name: &'static str,
    write: fn(&mut Tree),
    peer_runs: usize,
}

const RENDERED: [Rendered; 4] = [
    Rendered {
        name: "render small",
        write: trees::small,
        peer_runs: 5,
    },
    Rendered {
        name: "render medium",
        write: trees::medium,
        peer_runs: 5,
    },
    Rendered {
        name: "render large",
        write: trees::large,
        peer_runs: 1,
    },
    Rendered {
        name: "render flat",
        write: trees::flat,
        peer_runs: 1,
    },
];

/// How often walbound runs.
const RUNS: usize = 11;

fn main() {
    if std::env::args().any(|word| word == wal::LIST) {
        return wal::list_a_million();
    }
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word));
    let with_peer = !std::env::args().any(|word| word == "--no-peer") && has_kubectl();
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");

    print_head(with_peer);
    if is_wanted("version") {
        let output = Tree::new(scratch.join("version")).path("output");
        let own = Measured::of(walbound().arg("--version"), 4 * RUNS, &output);
        print_row("version", &own, None);
    }
    for rendered in RENDERED.iter().filter(|rendered| is_wanted(rendered.name)) {
        render(rendered, &scratch, with_peer);
    }
    if is_wanted("lint") || is_wanted("recover") {
        on_repository(&scratch, &is_wanted);
    }
    if is_wanted("lint clusters") {
        let mut tree = Tree::new(scratch.join("clusters"));
        clusters::repository(&mut tree);
        let outputs = Tree::new(scratch.join("clusters-output"));
        let mut lint = walbound();
        lint.args(["lint", "--format", "concise"])
            .arg(tree.path("."));
        let own = Measured::of(&mut lint, RUNS, &outputs.path("findings"));
        print_row("lint clusters", &own, None);
        println!("\nlint clusters looks at {} Clusters", clusters::CLUSTERS);
    }
    if is_wanted("argocd") {
        let mut tree = Tree::new(scratch.join("argocd"));
        argocd::repository(&mut tree);
        let outputs = Tree::new(scratch.join("argocd-output"));
        let mut lint = walbound();
        lint.args(["lint", "--format", "concise"])
            .arg(tree.path("."));
        let own = Measured::of(&mut lint, RUNS, &outputs.path("findings"));
        print_row("lint argocd", &own, None);
        println!(
            "\nlint argocd looks at {} Applications",
            argocd::APPLICATIONS
        );
    }
    if is_wanted("history") {
        let tree = Tree::new(scratch.join("history"));
        history::write(&tree);
        let outputs = Tree::new(scratch.join("history-output"));
        let own = Measured::of(
            walbound()
                .args(["bump", "shop001-pg"])
                .current_dir(tree.path(".")),
            RUNS,
            &outputs.path("diff"),
        );
        print_row("history", &own, None);
    }
    if is_wanted("listing") {
        print_row("listing", &wal::listing(&scratch), None);
    }
    if is_wanted("wal") {
        wal::decode(&scratch);
    }
}

/// What reads a whole repository of manifests.
fn on_repository(scratch: &Path, is_wanted: &dyn Fn(&str) -> bool) {
    let mut tree = Tree::new(scratch.join("lint"));
    repository::repository(&mut tree);
    let outputs = Tree::new(scratch.join("lint-output"));
    if is_wanted("recover") {
        for (row, arguments) in [
            ("recover", &["recover", "ledger001-pg"][..]),
            (
                "recover --as",
                &["recover", "ledger001-pg", "--as", "second"],
            ),
        ] {
            let mut command = walbound();
            command.args(arguments).current_dir(tree.path("."));
            let own = Measured::of(&mut command, RUNS, &outputs.path("diff"));
            print_row(row, &own, None);
        }
    }
    if is_wanted("lint") {
        let own = Measured::of(
            walbound()
                .args(["lint", "--format", "concise"])
                .arg(tree.path(".")),
            RUNS,
            &outputs.path("findings"),
        );
        print_row("lint", &own, None);
        println!(
            "\nlint reads {} YAML files, {:.1} MB",
            tree.files,
            tree.bytes as f64 / 1e6
        );
    }
}

fn walbound() -> Command {
    Command::new(env!("CARGO_BIN_EXE_walbound"))
}

fn has_kubectl() -> bool {
    Command::new("kubectl")
        .args(["version", "--client"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn render(rendered: &Rendered, scratch: &Path, with_peer: bool) {
    let mut tree = Tree::new(scratch.join(rendered.name));
    (rendered.write)(&mut tree);
    let (root, own_output) = (tree.path("root"), tree.path("walbound.out"));
    let own = Measured::of(walbound().arg("render").arg(&root), RUNS, &own_output);
    if !with_peer {
        return print_row(rendered.name, &own, None);
    }
    let output = tree.path("kubectl.out");
    let mut kubectl = Command::new("kubectl");
    let peer = Measured::of(
        kubectl.arg("kustomize").arg(&root),
        rendered.peer_runs,
        &output,
    );
    let is_equal = std::fs::read(own_output).unwrap() == std::fs::read(output).unwrap();
    print_row(rendered.name, &own, Some((&peer, is_equal)));
}

fn print_head(with_peer: bool) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{cores} cores, {} MB of memory; times in ms, memory in MiB",
        machine_memory()
    );
    println!(
        "kubectl: {}\n",
        if with_peer { "compared" } else { "left out" }
    );
    println!(
        "{:<14} {:>4} {:>8} {:>8} {:>8} {:>8} {:>7} | {:>4} {:>9} {:>9} {:>7} {:>6} {:>5}",
        "",
        "runs",
        "median",
        "min",
        "max",
        "cpu",
        "memory",
        "runs",
        "kubectl",
        "cpu",
        "memory",
        "ratio",
        "same"
    );
}

/// Memory of the machine in MB, 0 where the system does not tell.
fn machine_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = text
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}

fn print_row(name: &str, own: &Measured, peer: Option<(&Measured, bool)>) {
    print!(
        "{name:<14} {:>4} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>7.0} |",
        own.count(),
        own.median(),
        own.fastest(),
        own.slowest(),
        own.cpu(),
        own.memory()
    );
    if let Some((peer, is_equal)) = peer {
        print!(
            " {:>4} {:>9.1} {:>9.1} {:>7.0} {:>5.0}x {:>5}",
            peer.count(),
            peer.median(),
            peer.cpu(),
            peer.memory(),
            peer.median() / own.median(),
            if is_equal { "yes" } else { "NO" }
        );
    }
    println!();
}
