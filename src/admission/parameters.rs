//! Parameters of PostgreSQL.

use crate::config::OperatorVersion;

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::Field;
use super::image::major;
use super::manifest::Manifest;
use super::quantity::Quantity;
use super::replica::follows;
use super::settings::{boolean, size};
use super::storage;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/param-name",
        "postgresql.parameters",
        "name that is no name of a parameter",
        Look::Many(names),
    )
    .since(&[Release(28, 4), Release(29, 2)]),
    Check::error(
        "admission/param-fixed",
        "postgresql.parameters",
        "parameter that the operator sets itself",
        Look::Many(fixed),
    ),
    Check::error(
        "admission/wal-level-unknown",
        "postgresql.parameters.wal_level",
        "WAL level that PostgreSQL does not have",
        Look::Whole(unknown_wal_level),
    ),
    Check::error(
        "admission/wal-level-min",
        "postgresql.parameters.wal_level",
        "minimal WAL where it is archived or replicated",
        Look::Whole(minimal_wal_level),
    ),
    Check::error(
        "admission/minimal-wal-senders",
        "postgresql.parameters.max_wal_senders",
        "WAL senders with minimal WAL",
        Look::Whole(minimal_wal_senders),
    ),
    Check::error(
        "admission/shared-buffers-parse",
        "postgresql.parameters.shared_buffers",
        "size in a spelling that the operator does not read",
        Look::Whole(|manifest| unreadable_size(manifest, "shared_buffers")),
    ),
    Check::error(
        "admission/bool-hot-standby-feedback",
        "postgresql.parameters.hot_standby_feedback",
        "value that is no boolean",
        Look::Whole(|manifest| unreadable_boolean(manifest, "hot_standby_feedback")),
    )
    .since(&[Release(27, 0)]),
    Check::error(
        "admission/bool-sync-slots",
        "postgresql.parameters.sync_replication_slots",
        "value that is no boolean",
        Look::Whole(|manifest| unreadable_boolean(manifest, "sync_replication_slots")),
    )
    .since(&[Release(27, 0)]),
    Check::error(
        "admission/bool-wal-log-hints",
        "postgresql.parameters.wal_log_hints",
        "value that is no boolean",
        Look::Whole(|manifest| unreadable_boolean(manifest, "wal_log_hints")),
    ),
    Check::error(
        "admission/wal-log-hints-off",
        "postgresql.parameters.wal_log_hints",
        "hints off with several instances",
        Look::Whole(hints_off),
    ),
    Check::error(
        "admission/minwal-parse",
        "postgresql.parameters.min_wal_size",
        "size in a spelling that the operator does not read",
        Look::Whole(|manifest| unreadable_size(manifest, "min_wal_size")),
    ),
    Check::error(
        "admission/maxwal-parse",
        "postgresql.parameters.max_wal_size",
        "size in a spelling that the operator does not read",
        Look::Whole(|manifest| unreadable_size(manifest, "max_wal_size")),
    ),
    Check::error(
        "admission/minwal-ge-maxwal",
        "postgresql.parameters.min_wal_size",
        "least size of the WAL not below the greatest",
        Look::Whole(sizes_crossed),
    ),
    Check::error(
        "admission/minwal-ge-volume",
        "postgresql.parameters.min_wal_size",
        "least size of the WAL not below the WAL volume",
        Look::Whole(|manifest| beyond_volume(manifest, "min_wal_size")),
    ),
    Check::error(
        "admission/maxwal-ge-volume",
        "postgresql.parameters.max_wal_size",
        "greatest size of the WAL not below the WAL volume",
        Look::Whole(|manifest| beyond_volume(manifest, "max_wal_size")),
    ),
];

/// The parameter that the operator decides by itself, whatever is written.
pub(super) const ARCHIVE_MODE: &str = "archive_mode";

/// The values that the operator writes where none is given. Source: CNPG `pkg/postgres/configuration.go`
/// (`CnpgConfigurationSettings`).
pub(super) const DEFAULTS: &[(&str, &str)] = &[
    ("archive_timeout", "5min"),
    ("dynamic_shared_memory_type", "posix"),
    ("full_page_writes", "on"),
    ("log_destination", "csvlog"),
    ("log_directory", "/controller/log"),
    ("log_filename", "postgres"),
    ("log_rotation_age", "0"),
    ("log_rotation_size", "0"),
    ("log_truncate_on_rotation", "false"),
    ("logging_collector", "on"),
    ("max_parallel_workers", "32"),
    ("max_replication_slots", "32"),
    ("max_worker_processes", "32"),
    ("shared_memory_type", "mmap"),
    ("shared_preload_libraries", ""),
    ("ssl_max_protocol_version", "TLSv1.3"),
    ("ssl_min_protocol_version", "TLSv1.3"),
    ("wal_keep_size", "512MB"),
    ("wal_level", "logical"),
    ("wal_log_hints", "on"),
    ("wal_receiver_timeout", "5s"),
    ("wal_sender_timeout", "5s"),
];

/// The parameters that are not the user's. Source: CNPG `pkg/postgres/configuration.go`
/// (`FixedConfigurationParameters`); `archive_mode` is one too, and what is written there is replaced before it is
/// looked at.
const FIXED: &[&str] = &[
    "allow_system_table_mods",
    "archive_cleanup_command",
    "archive_command",
    "bonjour",
    "bonjour_name",
    "cluster_name",
    "config_file",
    "data_directory",
    "data_sync_retry",
    "event_source",
    "external_pid_file",
    "hba_file",
    "hot_standby",
    "ident_file",
    "jit_provider",
    "listen_addresses",
    "log_destination",
    "log_directory",
    "log_file_mode",
    "log_filename",
    "log_rotation_age",
    "log_rotation_size",
    "log_truncate_on_rotation",
    "logging_collector",
    "pg_failover_slots.primary_dsn",
    "pg_failover_slots.standby_slot_names",
    "port",
    "primary_conninfo",
    "primary_slot_name",
    "promote_trigger_file",
    "recovery_end_command",
    "recovery_min_apply_delay",
    "recovery_target",
    "recovery_target_action",
    "recovery_target_inclusive",
    "recovery_target_lsn",
    "recovery_target_name",
    "recovery_target_time",
    "recovery_target_timeline",
    "recovery_target_xid",
    "restart_after_crash",
    "restore_command",
    "shared_preload_libraries",
    "ssl",
    "ssl_ca_file",
    "ssl_cert_file",
    "ssl_crl_file",
    "ssl_dh_params_file",
    "ssl_ecdh_curve",
    "ssl_key_file",
    "ssl_passphrase_command",
    "ssl_passphrase_command_supports_reload",
    "ssl_prefer_server_ciphers",
    "stats_temp_directory",
    "synchronized_standby_slots",
    "synchronous_standby_names",
    "syslog_facility",
    "syslog_ident",
    "syslog_sequence_numbers",
    "syslog_split_messages",
    "temp_tablespaces",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
];

fn is_fixed(name: &str, version: OperatorVersion) -> bool {
    let release = (version.major, version.minor);
    match name {
        "pg_failover_slots.standby_slot_names" | "synchronized_standby_slots" => release >= (1, 27),
        "ssl_ecdh_curve" => release <= (1, 30),
        "full_page_writes" => (release, version.patch) == ((1, 24), 0),
        _ => FIXED.contains(&name),
    }
}

/// Admission looks at parameters only where it can tell the version of PostgreSQL.
fn parameters<'m>(manifest: &Manifest<'m>) -> Vec<(&'m str, Field<'m>)> {
    if major(&manifest.at(&[])).is_none() {
        return Vec::new();
    }
    manifest.spec(&["postgresql", "parameters"]).entries()
}

/// One of them, where admission looks.
fn parameter<'m>(manifest: &Manifest<'m>, name: &'static str) -> Option<Field<'m>> {
    major(&manifest.at(&[]))?;
    Some(manifest.parameter(name))
}

/// A name, or two joined by a point, as the reader of `postgresql.conf` takes them.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        let first = part.bytes().next();
        first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    text.split('.').count() <= 2 && text.split('.').all(is_part)
}

fn names(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let all = parameters(manifest).into_iter();
    all.filter(|(name, _)| !name.contains("${") && !is_name(name))
        .map(|(name, field)| field.refuse(format!("`{name}` is no name of a parameter")))
        .collect()
}

fn fixed(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let all = parameters(manifest).into_iter();
    all.filter_map(|(name, field)| {
        let own = DEFAULTS.iter().find(|(default, _)| *default == name);
        let value = field.text()?;
        let same = own.is_some_and(|(_, own)| *own == value);
        (is_fixed(name, manifest.version()) && !same).then(|| {
            let help = if name == "shared_preload_libraries" {
                "list libraries in `postgresql.shared_preload_libraries`"
            } else {
                "remove it"
            };
            let message = format!("parameter `{name}` is set by the operator");
            field.refuse(message).help(help)
        })
    })
    .collect()
}

fn wal_level<'m>(manifest: &Manifest<'m>) -> Option<(Field<'m>, &'m str)> {
    let field = parameter(manifest, "wal_level")?;
    let level = field.text()?;
    Some((field, level))
}

fn unknown_wal_level(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, level) = wal_level(manifest)?;
    let known = ["logical", "replica", "minimal"].contains(&level);
    (!known).then(|| {
        field.refuse(format!(
            "`{level}` is no WAL level: logical, replica or minimal"
        ))
    })
}

fn minimal_wal_level(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (field, level) = wal_level(manifest)?;
    let mode = manifest.parameter(ARCHIVE_MODE).text()?;
    let reason = if manifest.instances()? > 1 {
        "there are several instances"
    } else if mode != "off" {
        "the WAL is archived"
    } else if follows(manifest)? {
        "this is a replica cluster"
    } else {
        return None;
    };
    (level == "minimal").then(|| {
        let message = format!("minimal WAL is not enough: {reason}");
        field.refuse(message).help("write `logical` or `replica`")
    })
}

fn minimal_wal_senders(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (level_field, level) = wal_level(manifest)?;
    let senders = manifest.parameter("max_wal_senders");
    if level != "minimal" || senders.text()? == "0" {
        return None;
    }
    let field = if senders.is_set() {
        senders
    } else {
        level_field
    };
    let help = "add `max_wal_senders: \"0\"`";
    Some(
        field
            .refuse("with minimal WAL there must be no WAL senders")
            .help(help),
    )
}

fn unreadable_size(manifest: &Manifest<'_>, name: &'static str) -> Option<Refusal> {
    let field = parameter(manifest, name)?;
    let text = field.given_text()?;
    size(text).is_none().then(|| {
        let message = format!("`{text}` is no size of `{name}`");
        field
            .refuse(message)
            .help("write a number with B, kB, MB, GB or TB: `256MB`")
    })
}

fn unreadable_boolean(manifest: &Manifest<'_>, name: &'static str) -> Option<Refusal> {
    let field = parameter(manifest, name)?;
    let text = field.text()?;
    (field.is_set() && boolean(text).is_none()).then(|| {
        field
            .refuse(format!("`{text}` is no boolean, as `{name}` needs one"))
            .help("write `on` or `off`")
    })
}

fn hints_off(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = parameter(manifest, "wal_log_hints")?;
    let off = field.is_set() && boolean(field.text()?) == Some(false);
    (off && manifest.instances()? > 1).then(|| {
        let message = "`wal_log_hints` must be on with several instances";
        field
            .refuse(message)
            .help("a former primary could not follow the new one by pg_rewind")
    })
}

/// A size of the WAL, or this one where none is given.
fn wal_size(manifest: &Manifest<'_>, name: &'static str, default: &str) -> Option<Quantity> {
    match parameter(manifest, name)?.text()? {
        "" => size(default),
        text => size(text),
    }
}

fn sizes_crossed(manifest: &Manifest<'_>) -> Option<Refusal> {
    let least = wal_size(manifest, "min_wal_size", "80MB")?;
    let greatest = wal_size(manifest, "max_wal_size", "1GB")?;
    if least.is_zero() || greatest.is_zero() || least < greatest {
        return None;
    }
    let own = parameter(manifest, "min_wal_size")?;
    let field = if own.is_set() {
        own
    } else {
        parameter(manifest, "max_wal_size")?
    };
    let message = "`min_wal_size` (80MB by default) must be below `max_wal_size` (1GB by default)";
    Some(field.refuse(message))
}

fn beyond_volume(manifest: &Manifest<'_>, name: &'static str) -> Option<Refusal> {
    let field = parameter(manifest, name)?;
    let wanted = size(field.given_text()?).filter(|size| !size.is_zero())?;
    let volume = storage::size_of(&manifest.spec(&["walStorage"]))?;
    (wanted >= volume).then(|| field.refuse(format!("`{name}` does not fit into the WAL volume")))
}
