//! The steps on the database itself.
//!
//! Log lines and phases: CNPG `internal/management/controller`, barman `barman-cloud-check-wal-archive`, PostgreSQL
//! `src/backend/access/transam/xlogrecovery.c`.

use crate::config::OperatorVersion;

use super::shell::word;
use super::{Facts, Step};

/// What the old primary has not archived yet is lost with it.
pub(super) fn last_wal(facts: &Facts) -> Step {
    Step::new("Archive the last WAL, where the old primary still lives")
        .run(facts.query(&facts.live, "SELECT pg_walfile_name(pg_switch_wal())"))
        .run(facts.query(
            &facts.live,
            "SELECT last_archived_wal, last_archived_time, failed_count FROM pg_stat_archiver",
        ))
        .expect("`last_archived_wal` is the switched segment or a later one")
        .stop_if("`failed_count` grows: mend archiving first, or accept that this WAL is lost")
}

/// The operator reads the bootstrap only for a Cluster without instances, and takes over volumes it finds.
pub(super) fn delete(facts: &Facts) -> Step {
    let kubectl = facts.kubectl();
    let name = word(&facts.live);
    let volumes = word(&format!("cnpg.io/cluster={}", facts.live));
    let mut step = Step::new("Delete the Cluster and its volumes");
    if facts.secret.is_none() && !facts.renamed {
        let secret = word(&format!("{}-app", facts.live));
        step = step.run(format!(
            "{kubectl} get secret {secret} -o yaml > {}",
            word(&format!("{}-app.secret.yaml", facts.live))
        ));
        step = step.expect("a copy of the application's credentials, which the operator makes anew; keep it out of Git");
    }
    step.destroy(
        format!("Cluster {}", facts.live_title()),
        format!("{kubectl} delete cluster.postgresql.cnpg.io {name} --wait"),
    )
    .run(format!("{kubectl} get pvc -l {volumes}"))
    .expect("no PersistentVolumeClaim is left")
    .destroy(
        format!("the volumes of Cluster {}", facts.live_title()),
        format!("{kubectl} delete pvc -l {volumes} --wait"),
    )
    .stop_if("the archive was not verified, or the old primary holds WAL that was not archived: this cannot be taken back")
    .stop_if("the Cluster comes back by itself: a controller is not frozen")
}

/// How a restore tells that it works, and that it does not.
pub(super) fn watch(facts: &Facts) -> Step {
    let kubectl = facts.kubectl();
    let job = word(&format!("job/{}-1-full-recovery", facts.name));
    let phase = "-o jsonpath='{.status.phase}'";
    let mut step = Step::new("Watch the restore")
        .run(format!("{kubectl} logs -f {job} --all-containers"))
        .run(format!(
            "{kubectl} get cluster.postgresql.cnpg.io {} {phase}",
            word(&facts.name)
        ));
    if facts.has_target {
        step = step.expect(format!(
            "`starting point-in-time recovery` to {}, then `recovery stopping`",
            facts.target
        ));
    }
    step = step
        .expect("`archive recovery complete`, then phase `Cluster in healthy state`")
        .stop_if(format!(
            "`Expected empty archive`: `{}` is not empty; run `walbound recover` again, it takes the next lineage",
            facts.write
        ))
        .stop_if("`no target backup found`: every base backup ends after the target")
        .stop_if("`recovery ended before configured recovery target was reached`: the archive ends before the target")
        .stop_if("`encountered an error while checking the presence of first needed WAL in the archive`");
    if facts.operator.is_some_and(gives_up) {
        step.stop_if("phase `Cluster is unrecoverable and needs manual intervention`")
    } else {
        step.stop_if("phase `Setting up primary` for longer than the restore can take: the operator may retry for ever")
    }
}

/// Operators that say when a restore failed for good.
fn gives_up(version: OperatorVersion) -> bool {
    let own = (version.major, version.minor, version.patch);
    match (version.major, version.minor) {
        (1, 28) => own >= (1, 28, 4),
        (1, 29) => own >= (1, 29, 2),
        _ => own >= (1, 30, 0),
    }
}

/// A new, empty database would have another identifier.
pub(super) fn compare(facts: &Facts) -> Step {
    let step = Step::new("Compare system identifier and timeline").run(facts.query(
        &facts.name,
        "SELECT system_identifier, timeline_id, pg_is_in_recovery() FROM pg_control_system(), pg_control_checkpoint()",
    ));
    let step = match &facts.system {
        Some(system) => step.expect(format!(
            "system identifier {system}, that of the base backup"
        )),
        None => step.expect(format!(
            "the system identifier in `backup.info` of the base backup in `{}`",
            facts.source
        )),
    };
    let step = match facts.timeline {
        Some(timeline) => step.expect(format!("a timeline higher than {timeline}, and `f`")),
        None => step.expect("a timeline higher than the one that was followed, and `f`"),
    };
    step.stop_if("another system identifier: this is a new database and not the restored one; do not let consumers in")
}

/// Somebody who knows the data looks at it before anybody uses it.
pub(super) fn validate(facts: &Facts) -> Step {
    let sql =
        "SELECT relname, n_live_tup FROM pg_stat_user_tables ORDER BY n_live_tup DESC LIMIT 20";
    let database = |cluster: &str, sql: &str| {
        let query = facts.query(cluster, sql);
        query.replacen(
            "psql -XAtc",
            &format!("psql -XAt {} -c", word(&facts.application)),
            1,
        )
    };
    Step::new("Compare the data with the live Cluster")
        .run(database(&facts.name, "ANALYZE"))
        .run(database(&facts.name, sql))
        .run(database(&facts.live, sql))
        .run(database(&facts.name, "SELECT pg_size_pretty(pg_database_size(current_database()))"))
        .expect("the tables and about the numbers of rows of the time you asked for, and the rows you came for")
        .stop_if("tables are missing, or the rows you came for are not there")
}

/// The first segment proves the new lineage.
pub(super) fn archiving(facts: &Facts) -> Step {
    let step = Step::new("Prove that WAL reaches the new lineage")
        .run(facts.query(&facts.name, "SELECT pg_walfile_name(pg_switch_wal())"))
        .run(facts.query(
            &facts.name,
            "SELECT last_archived_wal, last_archived_time, failed_count FROM pg_stat_archiver",
        ))
        .run(format!(
            "{} get cluster.postgresql.cnpg.io {} -o jsonpath='{{.status.conditions[?(@.type==\"ContinuousArchiving\")].status}}'",
            facts.kubectl(),
            word(&facts.name)
        ));
    step.expect("`True`, and `last_archived_wal` is the switched segment or a later one")
        .stop_if("`ContinuousArchivingFailing` or `Expected empty archive`: the database works, but nothing protects it")
}

/// Until there is a base backup, the new lineage cannot be restored.
pub(super) fn first_backup(facts: &Facts) -> Step {
    let kubectl = facts.kubectl();
    let method = if facts.plugin {
        " --method plugin --plugin-name barman-cloud.cloudnative-pg.io"
    } else {
        ""
    };
    let step = Step::new("Take the first base backup")
        .run(format!(
            "kubectl cnpg backup {}{}{method}",
            word(&facts.name),
            namespace(facts)
        ))
        .run(format!("{kubectl} get backup.postgresql.cnpg.io --watch"))
        .expect("phase `completed`");
    let step = match &facts.archive {
        Some((destination, endpoint)) => {
            let endpoint = if endpoint.is_empty() {
                String::new()
            } else {
                format!(" --endpoint-url {}", word(endpoint))
            };
            step.run(format!(
                "walbound check {} --server {}{endpoint} --latest",
                word(destination),
                word(&facts.write)
            ))
            .expect("`reachable`")
        }
        None => step,
    };
    step.stop_if("phase `failed` or `walArchivingFailing`")
}

fn namespace(facts: &Facts) -> String {
    match &facts.namespace {
        Some(namespace) => format!(" -n {}", word(namespace)),
        None => " -n \"$NAMESPACE\"".to_owned(),
    }
}

/// Connections and prepared statements are those of the old server.
pub(super) fn consumers(facts: &Facts) -> Step {
    let kubectl = facts.kubectl();
    if facts.beside || facts.renamed {
        let secret = facts.secret.clone();
        let secret = secret.unwrap_or_else(|| format!("{}-app", facts.name));
        let mut step = Step::new("Switch the consumers")
            .run(format!("{kubectl} get secret {} -o name", word(&secret)));
        for pooler in &facts.poolers {
            step = step.run(format!(
                "{kubectl} get pooler.postgresql.cnpg.io {} -o jsonpath='{{.spec.cluster.name}}'",
                word(pooler)
            ));
        }
        return step
            .expect(format!(
                "in Git, host `{}-rw` instead of `{}-rw` and the secret `{secret}`, in every consumer and Pooler",
                facts.name, facts.live
            ))
            .expect(format!("a ScheduledBackup for `{}`", facts.name))
            .stop_if(format!("a consumer still writes to `{}`", facts.live));
    }
    let mut step = Step::new("Restart the consumers");
    for pooler in &facts.poolers {
        step = step.run(format!(
            "{kubectl} rollout restart deployment {}",
            word(pooler)
        ));
    }
    step = step.run(format!("{kubectl} get pods -o wide"));
    if facts.secret.is_none() {
        step = step.expect(format!(
            "every consumer reads the new `{}-app` secret",
            facts.name
        ));
    }
    step.expect("the applications connect, and show the data of the target")
        .stop_if("an application made its schema anew: it connected to an empty database")
}

/// A recovery that stays in Git rolls back whatever is re-created.
pub(super) fn flip_back(facts: &Facts) -> Step {
    let database = word(&facts.database);
    if facts.beside {
        return Step::new("Decide about the live Cluster")
            .run(format!("walbound lint {}", word(&facts.directory)))
            .expect(format!(
                "one of `{}` and `{}` is used and backed up",
                facts.live, facts.name
            ))
            .stop_if("both are written to");
    }
    let step = Step::new("Flip back, in a commit of its own");
    step.run(format!("walbound flip {database} initdb"))
        .expect("`initdb` with the same database, owner and secret; nothing changes in the running Cluster")
        .stop_if("your repository keeps recovery in Git on purpose: then leave it, and know that a re-created Cluster is restored to this target again")
}

/// Nobody may write to this lineage again.
pub(super) fn record(facts: &Facts) -> Step {
    let step = Step::new("Record the lineages").run(format!("git grep -n {}", word(&facts.before)));
    let step = if facts.going_on && facts.before != facts.source {
        step.expect(format!(
            "a comment beside the server name says that `{}` was abandoned",
            facts.before
        ))
    } else {
        step.expect(format!(
            "a comment beside the server name says when `{}` was recovered from `{}`",
            facts.write, facts.source
        ))
    };
    step.stop_if(format!(
        "somebody wants to remove the ObjectStore or the WAL of `{}`: the operator fetches the store as long as the bootstrap names it, and retention no longer applies to it",
        facts.source
    ))
}
