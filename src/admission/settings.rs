//! Values of PostgreSQL parameters as the operator reads them.

use super::quantity::Quantity;

/// A boolean with all its prefixes. Source: CNPG `pkg/postgres/booleans.go`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "on" | "y" | "ye" | "yes" | "t" | "tr" | "tru" | "true" => Some(true),
        "0" | "of" | "off" | "n" | "no" | "f" | "fa" | "fal" | "fals" | "false" => Some(false),
        _ => None,
    }
}

/// Whether Go's `strconv.Atoi` reads it.
pub(super) fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok()
}

/// A size: a number of megabytes, or a number with `B`, `kB`, `MB`, `GB` or `TB`; other units are not known to the
/// operator. Source: CNPG `internal/webhook/v1/cluster_webhook.go` (`parsePostgresQuantityValue`).
pub(super) fn size(text: &str) -> Option<Quantity> {
    if is_integer(text) {
        return Quantity::read(&format!("{text}Mi"));
    }
    let number = text.strip_suffix('B')?.replace(' ', "");
    if is_integer(&number) {
        return Quantity::read(&number);
    }
    Quantity::read(&format!("{number}i").replace("ki", "Ki"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_the_operator_knows() {
        for (text, amount) in [
            ("128", "128Mi"),
            ("128MB", "128Mi"),
            ("128 MB", "128Mi"),
            ("1.5GB", "1536Mi"),
            ("16kB", "16Ki"),
            ("1TB", "1Ti"),
            ("4096B", "4Ki"),
        ] {
            assert_eq!(size(text), Quantity::read(amount), "{text}");
        }
        for text in ["", "128M", "128mb", "1g", "MB", "lots", "16KiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn booleans_may_be_cut_short() {
        assert_eq!(boolean("ON"), Some(true));
        assert_eq!(boolean("of"), Some(false));
        for text in ["o", "", "enabled", "2"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }
}
