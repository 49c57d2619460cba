//! Patterns for groups, kinds and files: gobwas/glob 0.2.3 without separators, so that `*` crosses dots and `/`.

use regex::Regex;

/// Longest pattern that is looked at; a group has 253 characters at most.
const LONGEST: usize = 1024;

/// Whether a pattern fits a text as a whole. A pattern that gobwas refuses fits nothing.
pub fn matches(pattern: &str, text: &str) -> bool {
    if pattern == text && !pattern.contains(['*', '?', '[', '{', '\\']) {
        return true;
    }
    compiled(pattern).is_some_and(|regex| regex.is_match(text))
}

/// As a regular expression, which never takes more than linear time.
fn compiled(pattern: &str) -> Option<Regex> {
    if pattern.len() > LONGEST {
        return None;
    }
    let mut source = String::from(r"(?s)\A(?:");
    let mut open = 0_usize;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' => source.push_str(".*"),
            '?' => source.push('.'),
            '{' => {
                open += 1;
                source.push_str("(?:");
            }
            ',' if open > 0 => source.push('|'),
            '}' if open > 0 => {
                open -= 1;
                source.push(')');
            }
            '[' => source.push_str(&class(&mut characters)?),
            '\\' => source.push_str(&characters.next().map(literal).unwrap_or_default()),
            plain => source.push_str(&literal(plain)),
        }
    }
    // gobwas takes the end of the text for a missing `}`.
    source.push_str(&")".repeat(open));
    source.push_str(r")\z");
    Regex::new(&source).ok()
}

fn literal(character: char) -> String {
    regex::escape(character.encode_utf8(&mut [0; 4]))
}

/// What stands between `[` and `]`: one range or a list of characters, with `!` for all others.
fn class(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let not = if characters.next_if_eq(&'!').is_some() {
        "^"
    } else {
        ""
    };
    let first = characters.next()?;
    if first != ']' && characters.next_if_eq(&'-').is_some() {
        let last = characters.next()?;
        let closed = characters.next()? == ']';
        return (closed && first <= last)
            .then(|| format!("[{not}{}-{}]", literal(first), literal(last)));
    }
    let mut list = String::new();
    let mut next = Some(first);
    loop {
        match next? {
            ']' => break,
            '\\' => list.push_str(&literal(characters.next()?)),
            '-' => list.push_str(r"\-"),
            '^' => list.push_str(r"\^"),
            '&' => list.push_str(r"\&"),
            '~' => list.push_str(r"\~"),
            plain => list.push_str(&literal(plain)),
        }
        next = characters.next();
    }
    (!list.is_empty()).then(|| format!("[{not}{list}]"))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_cross_dots_and_fit_nothing_too() {
        assert!(matches("*", ""));
        assert!(matches("*", "postgresql.cnpg.io"));
        assert!(matches("*.cnpg.io", "postgresql.cnpg.io"));
        assert!(matches("Clu?ter", "Cluster"));
        assert!(matches("Cluster*", "ClusterImageCatalog"));
        assert!(!matches("Cluster*", "PgCluster"));
        assert!(matches("*", "a/b"));
        assert!(matches("{config.yaml,env-use2/*}", "env-use2/a.yaml"));
        assert!(!matches("cnpg.io", "postgresql.cnpg.io"));
    }

    #[test]
    fn sets_ranges_choices_and_escapes() {
        assert!(matches("[a-z]luster", "cluster"));
        assert!(!matches("[a-z]luster", "Cluster"));
        assert!(matches("[!a-z]luster", "Cluster"));
        assert!(matches("[CP]luster", "Cluster"));
        assert!(matches("{Cluster,Pooler}", "Pooler"));
        assert!(matches("{Clus{ter,ters},Pooler}", "Cluster"));
        assert!(matches(r"Clu\ster", "Cluster"));
        assert!(!matches(r"\*", "Cluster"));
    }

    #[test]
    fn what_gobwas_refuses_fits_nothing() {
        assert!(!matches("[", "["));
        assert!(!matches("[]", ""));
        assert!(!matches("[z-a]", "b"));
        assert!(!matches("", "Cluster"));
        assert!(matches("", ""));
        assert!(!matches("cluster", "Cluster"));
    }
}
