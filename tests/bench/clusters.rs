//! A repository of 1,000 Clusters, for the rules alone: every rule looks at each of them.

use crate::manifests::{cluster, initdb, kustomization, recovery, schedule, store};
use crate::tree::Tree;

/// How many Clusters there are.
pub(crate) const CLUSTERS: usize = 1000;

/// Writes the repository: half of the databases are recovered, one in ten has a second schedule.
pub(crate) fn repository(tree: &mut Tree) {
    std::fs::create_dir_all(tree.path(".git")).unwrap();
    for number in 0..CLUSTERS {
        let service = format!("stock{number:04}");
        let lineage = format!("{service}-pg-v{}", 2 + number % 5);
        let bootstrap = if number.is_multiple_of(2) {
            recovery(&service, &service, &format!("{service}-pg-v1"))
        } else {
            initdb(&service)
        };
        let at = format!("databases/{service}");
        tree.put(
            &format!("{at}/cluster.yaml"),
            cluster(&service, &lineage) + &bootstrap,
        );
        tree.put(&format!("{at}/store.yaml"), store(&service));
        let mut schedules = schedule(&service, number);
        if number.is_multiple_of(10) {
            let weekly = schedule(&service, number).replace("-nightly", "-weekly");
            schedules += &format!("---\n{}", weekly.replace("2 * * *", "4 * * 0"));
        }
        tree.put(&format!("{at}/schedule.yaml"), schedules);
        tree.put(
            &format!("{at}/kustomization.yaml"),
            kustomization(["cluster.yaml", "store.yaml", "schedule.yaml"])
                + &format!("namespace: {service}\n"),
        );
    }
}
