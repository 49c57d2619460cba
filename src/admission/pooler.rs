//! Pooler.

use crate::config::OperatorVersion;
use crate::text::suggest::closest;

use super::Refusal;
use super::check::{Check, Kind, Look, Release, Releases};
use super::field::Field;
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/pooler-no-pgbouncer",
        "pgbouncer",
        "pooler without PgBouncer",
        Look::Whole(without_bouncer),
    )
    .of(Kind::Pooler),
    Check::error(
        "admission/pooler-authquery",
        "pgbouncer.authQuery",
        "own authentication without a query",
        Look::Whole(without_query),
    )
    .of(Kind::Pooler),
    Check::error(
        "admission/pooler-authsecret",
        "pgbouncer.authQuerySecret.name",
        "query for authentication without a Secret",
        Look::Whole(without_secret),
    )
    .of(Kind::Pooler),
    Check::error(
        "admission/pooler-param",
        "pgbouncer.parameters",
        "parameter of PgBouncer that the operator does not let through",
        Look::Many(parameters),
    )
    .of(Kind::Pooler),
    Check::error(
        "admission/pooler-cluster-name",
        "cluster.name",
        "pooler of no Cluster",
        Look::Whole(without_cluster),
    )
    .of(Kind::Pooler),
    Check::error(
        "admission/pooler-name-clash",
        "metadata.name",
        "pooler with the name of its Cluster",
        Look::Whole(same_name),
    )
    .of(Kind::Pooler),
    Check::error(
        "admission/pooler-metrics-tls",
        "pgbouncer.clientTLSSecret",
        "metrics over TLS with the operator's PodMonitor and no own certificate",
        Look::Whole(metrics),
    )
    .of(Kind::Pooler)
    .since(&[Release(30, 0)]),
    Check::warning(
        "admission/pooler-manual",
        "pgbouncer.authQuery",
        "pooler whose authentication is set up by hand",
        Look::Whole(by_hand),
    )
    .of(Kind::Pooler),
    Check::warning(
        "admission/pooler-authsecret-deprecated",
        "pgbouncer.authQuerySecret",
        "deprecated Secret for authentication",
        Look::Whole(deprecated_secret),
    )
    .of(Kind::Pooler)
    .since(&[Release(28, 0)]),
    Check::warning(
        "admission/pooler-monitoring-deprecated",
        "monitoring",
        "PodMonitor made by the operator",
        Look::Whole(deprecated_monitoring),
    )
    .of(Kind::Pooler)
    .since(&[Release(25, 4), Release(26, 2), Release(27, 1)])
    .told_by("deprecated-pod-monitor"),
];

/// The parameters of PgBouncer that may be set, with the releases that brought them late. Source: CNPG
/// `internal/webhook/v1/pooler_webhook.go`.
const PARAMETERS: &[(&str, &[Release])] = &[
    ("application_name_add_host", ALWAYS),
    ("auth_type", TLS),
    ("auth_user", &[Release(31, 0)]),
    ("autodb_idle_timeout", ALWAYS),
    ("cancel_wait_timeout", MORE),
    ("client_idle_timeout", ALWAYS),
    ("client_login_timeout", ALWAYS),
    ("client_tls13_ciphers", CIPHERS),
    ("client_tls_ciphers", CIPHERS),
    ("client_tls_sslmode", TLS),
    ("default_pool_size", ALWAYS),
    ("disable_pqexec", ALWAYS),
    ("dns_max_ttl", MORE),
    ("dns_nxdomain_ttl", MORE),
    ("idle_transaction_timeout", ALWAYS),
    ("ignore_startup_parameters", ALWAYS),
    ("listen_backlog", MORE),
    ("log_connections", ALWAYS),
    ("log_disconnections", ALWAYS),
    ("log_pooler_errors", ALWAYS),
    ("log_stats", ALWAYS),
    ("max_client_conn", ALWAYS),
    ("max_db_connections", ALWAYS),
    ("max_packet_size", MORE),
    ("max_prepared_statements", ALWAYS),
    ("max_user_connections", ALWAYS),
    ("min_pool_size", ALWAYS),
    ("pkt_buf", MORE),
    ("query_timeout", ALWAYS),
    ("query_wait_timeout", ALWAYS),
    ("reserve_pool_size", ALWAYS),
    ("reserve_pool_timeout", ALWAYS),
    ("sbuf_loopcnt", MORE),
    ("server_check_delay", ALWAYS),
    ("server_check_query", ALWAYS),
    ("server_connect_timeout", ALWAYS),
    ("server_fast_close", ALWAYS),
    ("server_idle_timeout", ALWAYS),
    ("server_lifetime", ALWAYS),
    ("server_login_retry", ALWAYS),
    ("server_reset_query", ALWAYS),
    ("server_reset_query_always", ALWAYS),
    ("server_round_robin", ALWAYS),
    ("server_tls13_ciphers", CIPHERS),
    ("server_tls_ciphers", MORE),
    ("server_tls_protocols", MORE),
    ("server_tls_sslmode", TLS),
    ("stats_period", ALWAYS),
    ("suspend_timeout", MORE),
    ("tcp_defer_accept", MORE),
    ("tcp_keepalive", ALWAYS),
    ("tcp_keepcnt", ALWAYS),
    ("tcp_keepidle", ALWAYS),
    ("tcp_keepintvl", ALWAYS),
    ("tcp_socket_buffer", MORE),
    ("tcp_user_timeout", ALWAYS),
    ("track_extra_parameters", MORE),
    ("verbose", ALWAYS),
];

const ALWAYS: &[Release] = &[];
const MORE: &[Release] = &[Release(25, 0)];
const TLS: &[Release] = &[Release(25, 4), Release(26, 2), Release(27, 1)];
const CIPHERS: &[Release] = &[Release(27, 4), Release(28, 2)];

fn bouncer<'m>(manifest: &Manifest<'m>) -> Option<Field<'m>> {
    let section = manifest.spec(&["pgbouncer"]);
    section.is_set().then_some(section)
}

fn without_bouncer(manifest: &Manifest<'_>) -> Option<Refusal> {
    let section = manifest.spec(&["pgbouncer"]);
    (!section.is_set()).then(|| section.refuse("the pooler has no `pgbouncer` section"))
}

/// The Secret by which the pooler authenticates itself, where one is given.
fn own_secret<'m>(manifest: &Manifest<'m>) -> Option<Field<'m>> {
    let section = bouncer(manifest)?;
    let secrets =
        ["authQuerySecret", "serverTLSSecret"].map(|secret| section.at(&[secret, "name"]));
    secrets
        .into_iter()
        .find(|name| name.is_set() && name.raw_text() != Some(""))
}

fn without_query(manifest: &Manifest<'_>) -> Option<Refusal> {
    let secret = own_secret(manifest)?;
    let query = bouncer(manifest)?.get("authQuery");
    query.text()?.is_empty().then(|| {
        let message = "the pooler authenticates with a Secret of its own, and no query is given";
        secret
            .refuse(message)
            .help("add `authQuery`, or remove the Secret to let the operator do it all")
    })
}

fn without_secret(manifest: &Manifest<'_>) -> Option<Refusal> {
    let query = bouncer(manifest)?.get("authQuery");
    let given = query.is_set() && query.raw_text() != Some("");
    (given && own_secret(manifest).is_none()).then(|| {
        let message = "a query for authentication is given without a Secret to run it with";
        query
            .refuse(message)
            .help("add `authQuerySecret` or `serverTLSSecret`, or remove `authQuery`")
    })
}

/// Whether an operator lets a parameter through.
fn is_allowed(name: &str, version: OperatorVersion) -> bool {
    let known = PARAMETERS.iter().find(|(known, _)| *known == name);
    known.is_some_and(|(_, since)| Releases(since).has(version))
}

fn parameters(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let version = manifest.version();
    let known: Vec<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
    let all = manifest.spec(&["pgbouncer", "parameters"]).entries();
    let refused = all
        .into_iter()
        .filter(|(name, _)| !name.contains("${") && !is_allowed(name, version));
    refused
        .map(|(name, field)| {
            let newer = known.contains(&name);
            let near = closest(name, &known).filter(|_| !newer);
            let help = match near {
                _ if newer => format!("operator {version} does not know it yet, a later one does"),
                Some(near) => format!("did you mean `{near}`?"),
                None => "remove it: the operator sets the rest itself".to_owned(),
            };
            let message = format!("parameter `{name}` of PgBouncer cannot be set");
            field.refuse(message).help(help)
        })
        .collect()
}

fn without_cluster(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["cluster", "name"]);
    field
        .text()?
        .is_empty()
        .then(|| field.refuse("the pooler names no Cluster"))
}

fn same_name(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.at(&["metadata", "name"]);
    let name = field.given_text()?;
    (manifest.spec(&["cluster", "name"]).text()? == name).then(|| {
        field
            .refuse(format!("the pooler is called `{name}` like its Cluster"))
            .help("add a suffix such as `-rw`")
    })
}

fn metrics(manifest: &Manifest<'_>) -> Option<Refusal> {
    let monitoring = manifest.spec(&["monitoring"]);
    let tls = monitoring.at(&["tls", "enabled"]);
    let own = manifest.spec(&["pgbouncer", "clientTLSSecret", "name"]);
    let by_operator = monitoring.get("enablePodMonitor").flag_or(false)?;
    (tls.flag_or(false)? && by_operator && own.text()?.is_empty()).then(|| {
        let message = "metrics over TLS would be served with the certificate of the Cluster";
        tls.refuse(message)
            .help("add `pgbouncer.clientTLSSecret`, or write your own PodMonitor")
    })
}

fn by_hand(manifest: &Manifest<'_>) -> Option<Refusal> {
    let query = bouncer(manifest)?.get("authQuery");
    let given = query.is_set() && query.raw_text() != Some("");
    let field = own_secret(manifest).or_else(|| given.then_some(query))?;
    let message = "the authentication of this pooler is set up by hand";
    Some(
        field
            .refuse(message)
            .help("the operator creates neither the role nor the function for it"),
    )
}

fn deprecated_secret(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = bouncer(manifest)?.at(&["authQuerySecret", "name"]);
    field.given_text()?;
    Some(
        field
            .refuse("`authQuerySecret` is deprecated")
            .help("use `serverTLSSecret`"),
    )
}

fn deprecated_monitoring(manifest: &Manifest<'_>) -> Option<Refusal> {
    let monitoring = manifest.spec(&["monitoring"]);
    let lists = ["podMonitorMetricRelabelings", "podMonitorRelabelings"];
    let enabled = monitoring.get("enablePodMonitor");
    let field = if enabled.flag_or(false)? {
        enabled
    } else {
        let mut lists = lists.into_iter().map(|list| monitoring.get(list));
        lists.find(Field::has_content)?
    };
    let message = "the operator's PodMonitor for poolers is deprecated";
    Some(
        field
            .refuse(message)
            .help("write a PodMonitor beside the Pooler"),
    )
}
