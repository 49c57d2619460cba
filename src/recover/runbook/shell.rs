//! Words of a POSIX shell. Names come from manifests, which are not trusted.

/// A word that the shell takes as it is.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    if !shown.is_empty() && shown.chars().all(plain) {
        shown
    } else {
        format!("'{}'", shown.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn names_cannot_leave_their_word() {
        assert_eq!(word("bookshelf-database"), "bookshelf-database");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("a'; rm -rf /; '"), "'a'\\''; rm -rf /; '\\'''");
        assert_eq!(word("a\nb"), "'a?b'");
        assert_eq!(word("$(x)"), "'$(x)'");
        assert_eq!(word(""), "''");
    }
}
