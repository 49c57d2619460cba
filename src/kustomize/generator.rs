//! ConfigMaps and Secrets from literals, files and env files.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::BASE64;
use thiserror::Error;

use crate::text::{Span, Spanned};
use crate::yaml::{Entry, Kind, Node, Origin};

/// What a generator makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret of this type; `None` is `Opaque`.
    Secret {
        /// `type`.
        of_type: Option<Spanned<String>>,
    },
}

/// A file given to a generator, read by the caller.
#[derive(Debug, Clone)]
pub struct FileContent {
    /// The entry of the generator that names the file.
    pub span: Span,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

/// Everything that ends up in one generated object, read by the caller.
#[derive(Debug, Clone)]
pub struct GeneratorFields {
    /// Kind.
    pub output: Output,
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// Contents of `env` and `envs` files.
    pub env_files: Vec<FileContent>,
    /// `key=value` entries.
    pub literals: Vec<Spanned<String>>,
    /// Key (from [`file_argument`]) and content of `files`.
    pub files: Vec<(Spanned<String>, FileContent)>,
    /// Labels, local ones merged over those of generatorOptions.
    pub labels: BTreeMap<String, Spanned<String>>,
    /// Annotations, merged likewise.
    pub annotations: BTreeMap<String, Spanned<String>>,
    /// `immutable` of either options.
    pub immutable: Option<Span>,
    /// The whole entry.
    pub span: Span,
}

/// Why an object cannot be generated.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct GeneratorError {
    /// The place of the entry that is wrong.
    pub span: Span,
    /// What is wrong and what to do.
    pub message: String,
}

impl GeneratorError {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

/// Splits an entry of `files` into key and path: `key=path`, or `path` with its base name as the key.
///
/// # Errors
/// When there are several `=` or key or path is empty.
pub fn file_argument(entry: &Spanned<String>) -> Result<(String, String), GeneratorError> {
    let wrong = |problem: &str| {
        let message = format!("{:?} {problem}; write `path` or `key=path`", entry.value);
        GeneratorError::new(entry.span, message)
    };
    let Some((key, path)) = entry.value.split_once('=') else {
        let path = entry.value.trim_end_matches('/');
        let base = path.rsplit('/').next().unwrap_or(path);
        return Ok((base.to_owned(), entry.value.clone()));
    };
    if path.contains('=') {
        return Err(wrong("has several `=`"));
    }
    if key.is_empty() {
        return Err(wrong("has no key"));
    }
    if path.is_empty() {
        return Err(wrong("has no path"));
    }
    Ok((key.to_owned(), path.to_owned()))
}

/// Makes the object.
///
/// Source: `api/internal/generators`, `api/kv` and `kyaml/yaml/datamap.go` of kustomize 5.5.0.
///
/// # Errors
/// When an entry is malformed or a key comes twice.
pub fn generate(fields: &GeneratorFields) -> Result<Node, GeneratorError> {
    if fields.name.value.is_empty() {
        let message = "a generated object needs a name; set `name`";
        return Err(GeneratorError::new(fields.span, message));
    }
    let made = Origin::Made { by: fields.span };
    let mut object = Node::mapping(made);
    object.set("apiVersion", Node::string("v1", made));
    let kind = match fields.output {
        Output::ConfigMap => "ConfigMap",
        Output::Secret { .. } => "Secret",
    };
    object.set("kind", Node::string(kind, made));
    object.set("metadata", metadata(fields));
    if let Output::Secret { of_type } = &fields.output {
        let given = of_type.as_ref().filter(|of_type| !of_type.value.is_empty());
        let node = given.map_or_else(|| Node::string("Opaque", made), text_node);
        object.set("type", node);
    }
    let pairs = pairs(fields)?;
    for (field, node) in data_fields(fields, &pairs) {
        object.set(field, node);
    }
    if let Some(by) = fields.immutable {
        object.set("immutable", Node::plain("true", Origin::Made { by }));
    }
    Ok(object)
}

fn metadata(fields: &GeneratorFields) -> Node {
    let mut metadata = Node::mapping(Origin::Made { by: fields.span });
    metadata.set("name", text_node(&fields.name));
    if let Some(namespace) = fields.namespace.as_ref()
        && !namespace.value.is_empty()
    {
        metadata.set("namespace", text_node(namespace));
    }
    for (name, values) in [
        ("labels", &fields.labels),
        ("annotations", &fields.annotations),
    ] {
        if !values.is_empty() {
            let pairs = values.iter();
            metadata.set(
                name,
                map_node(
                    fields.span,
                    pairs.map(|(key, value)| (key, text_node(value))),
                ),
            );
        }
    }
    metadata
}

/// The data in the fields where it belongs: text of a ConfigMap in `data`, everything else as base64.
fn data_fields(fields: &GeneratorFields, pairs: &Pairs) -> Vec<(&'static str, Node)> {
    let part = |wanted: &dyn Fn(&[u8]) -> bool, encode: &dyn Fn(&[u8]) -> String| {
        let chosen = pairs.iter().filter(|(_, (bytes, _))| wanted(bytes));
        let nodes = chosen.map(|(key, (bytes, by))| {
            let origin = Origin::Made { by: *by };
            (key, Node::string(encode(bytes), origin))
        });
        map_node(fields.span, nodes)
    };
    let base64 = |bytes: &[u8]| base64_lines(bytes);
    if matches!(fields.output, Output::Secret { .. }) {
        return vec![("data", part(&|_| true, &base64))];
    }
    let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut found = vec![
        ("data", part(&is_text, &text)),
        ("binaryData", part(&|bytes| !is_text(bytes), &base64)),
    ];
    found.retain(|(_, map)| map.as_mapping().is_some_and(|entries| !entries.is_empty()));
    found
}

fn text_node(text: &Spanned<String>) -> Node {
    Node::string(text.value.as_str(), Origin::Made { by: text.span })
}

/// A map whose keys are written plain: one that reads as a number or boolean cannot be written, as in kustomize.
fn map_node<'k>(span: Span, pairs: impl Iterator<Item = (&'k String, Node)>) -> Node {
    let entries = pairs.map(|(key, value)| Entry {
        key: Node::plain(key.as_str(), Origin::Made { by: value.span() }),
        value,
    });
    Node::new(Kind::Mapping(entries.collect()), Origin::Made { by: span })
}

/// Keys with their content and the place that asked for it.
type Pairs = BTreeMap<String, (Vec<u8>, Span)>;

fn pairs(fields: &GeneratorFields) -> Result<Pairs, GeneratorError> {
    let mut pairs = Pairs::new();
    let mut add = |key: &str, value: &[u8], span: Span| {
        if pairs
            .insert(key.to_owned(), (value.to_vec(), span))
            .is_some()
        {
            let message = format!("the key {key:?} comes twice; remove one of them");
            return Err(GeneratorError::new(span, message));
        }
        Ok(())
    };
    for file in &fields.env_files {
        for (key, value) in env_lines(file)? {
            add(key, value.as_bytes(), file.span)?;
        }
    }
    for literal in &fields.literals {
        let (key, value) = split_literal(literal)?;
        add(key, value.as_bytes(), literal.span)?;
    }
    for (key, file) in &fields.files {
        add(&key.value, &file.bytes, file.span)?;
    }
    Ok(pairs)
}

/// Splits `key=value` at the first `=` and takes one pair of quotes off the value.
fn split_literal(literal: &Spanned<String>) -> Result<(&str, &str), GeneratorError> {
    let pair = literal.value.split_once('=');
    let (key, value) = pair.filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
        // The value may be a secret, so it is not shown.
        let message = "a literal needs a key and a `=`; write `key=value`";
        GeneratorError::new(literal.span, message)
    })?;
    let unquoted = ['"', '\''].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?;
        inner.strip_suffix(quote)
    });
    Ok((key, unquoted.unwrap_or(value)))
}

/// The longest line that kustomize's reader takes; it stops without a word at a longer one.
const LINE_LIMIT: usize = 64 * 1024;

/// The keys and values of an env file. Quotes are part of the value; a key alone has an empty value.
fn env_lines(file: &FileContent) -> Result<Vec<(&str, &str)>, GeneratorError> {
    let mut found = Vec::new();
    for (index, line) in file.bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.len() >= LINE_LIMIT {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = std::str::from_utf8(line).map_err(|_| {
            let message = format!("line {} of the env file is no UTF-8 text", index + 1);
            GeneratorError::new(file.span, message)
        })?;
        let line = match index {
            0 => line.strip_prefix('\u{feff}').unwrap_or(line),
            _ => line,
        };
        let line = line.trim_start();
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() && !line.starts_with('#') {
            found.push((key, value));
        }
    }
    Ok(found)
}

/// Base64 in lines of 70 characters, each with a line break, or in one line without a break if it is shorter.
fn base64_lines(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let encoded = BASE64.encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut broken = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for (index, letter) in encoded.chars().enumerate() {
        broken.push(letter);
        if (index + 1) % LINE == 0 || index + 1 == encoded.len() {
            broken.push('\n');
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn span() -> Span {
        Span::new(FileId(0), 0, 0)
    }

    fn fields(output: Output) -> GeneratorFields {
        GeneratorFields {
            output,
            name: Spanned::new("x".to_owned(), span()),
            namespace: None,
            env_files: Vec::new(),
            literals: Vec::new(),
            files: Vec::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            immutable: None,
            span: span(),
        }
    }

    fn file(bytes: &[u8]) -> FileContent {
        FileContent {
            span: span(),
            bytes: bytes.into(),
        }
    }

    fn data(node: &Node, field: &str) -> Vec<(String, String)> {
        let entries = node.get(field).and_then(Node::as_mapping).unwrap();
        let text = |node: &Node| node.text().unwrap().to_owned();
        entries
            .iter()
            .map(|entry| (text(&entry.key), text(&entry.value)))
            .collect()
    }

    #[test]
    fn env_files_skip_blank_lines_and_comments_and_keep_quotes() {
        let mut fields = fields(Output::ConfigMap);
        fields.env_files = vec![file(
            b"\xef\xbb\xbf  A=1 \r\n\n # c\nB\n\x0b C = \"d=e\"\n=x\n",
        )];
        let made = generate(&fields).unwrap();
        let expected = [("A", "1 "), ("B", ""), ("C ", " \"d=e\"")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(data(&made, "data"), expected);
    }

    #[test]
    fn literals_lose_one_pair_of_quotes() {
        for (literal, expected) in [
            ("k='v'", "v"),
            ("k=\"a=b\"", "a=b"),
            ("k='", "'"),
            ("k='v\"", "'v\""),
            ("k=", ""),
        ] {
            let literal = Spanned::new(literal.to_owned(), span());
            assert_eq!(split_literal(&literal).unwrap(), ("k", expected));
        }
        for literal in ["k", "=v", ""] {
            let literal = Spanned::new(literal.to_owned(), span());
            assert!(split_literal(&literal).is_err());
        }
    }

    #[test]
    fn bytes_that_are_no_text_go_to_binary_data() {
        let mut fields = fields(Output::ConfigMap);
        let key = |key: &str| Spanned::new(key.to_owned(), span());
        fields.files = vec![(key("text"), file(b"a")), (key("bytes"), file(&[0xff]))];
        let made = generate(&fields).unwrap();
        assert_eq!(data(&made, "data"), [("text".to_owned(), "a".to_owned())]);
        assert_eq!(
            data(&made, "binaryData"),
            [("bytes".to_owned(), "/w==".to_owned())]
        );
    }

    #[test]
    fn long_base64_is_broken_into_lines() {
        assert_eq!(base64_lines(&[0; 51]).len(), 68);
        let broken = base64_lines(&[0; 54]);
        assert_eq!(broken.len(), 74);
        assert_eq!(&broken[68..], "AA\nAA\n");
    }

    #[test]
    fn an_empty_secret_has_empty_data_and_a_config_map_none() {
        let secret = generate(&fields(Output::Secret { of_type: None })).unwrap();
        assert!(data(&secret, "data").is_empty());
        assert_eq!(secret.get("type").and_then(Node::text), Some("Opaque"));
        assert!(
            generate(&fields(Output::ConfigMap))
                .unwrap()
                .get("data")
                .is_none()
        );
    }

    #[test]
    fn a_key_given_twice_is_an_error() {
        let mut fields = fields(Output::ConfigMap);
        fields.literals = vec![Spanned::new("a=1".to_owned(), span())];
        fields.env_files = vec![file(b"a=2")];
        assert!(generate(&fields).is_err());
    }

    #[test]
    fn file_arguments_take_the_base_name_as_key() {
        let split = |text: &str| file_argument(&Spanned::new(text.to_owned(), span()));
        let pair = |key: &str, path: &str| Ok((key.to_owned(), path.to_owned()));
        assert_eq!(split("sql/a.sql"), pair("a.sql", "sql/a.sql"));
        assert_eq!(split("k=sql/a.sql"), pair("k", "sql/a.sql"));
        for wrong in ["=a", "a=", "a=b=c"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
