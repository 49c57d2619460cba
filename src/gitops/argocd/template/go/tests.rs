use std::collections::BTreeMap;

use super::*;

fn data() -> Value {
    let json = serde_json::json!({
        "name": "shop", "n": 3.0, "big": 1_000_000, "half": 0.5, "yes": true, "nothing": null, "empty": "",
        "list": ["b", "a", "b"], "map": {"k": "v", "j": "w"},
        "path": {"path": "db/shop", "basename": "shop", "segments": ["db", "shop"]}
    });
    Value::from_json(&json)
}

fn filled(template: &str) -> Result<String, TemplateError> {
    fill(template, &data(), MissingKey::Nothing)
}

#[track_caller]
fn gives(template: &str, expected: &str) {
    assert_eq!(filled(template).as_deref(), Ok(expected), "{template}");
}

#[track_caller]
fn fails(template: &str) {
    let error = filled(template).unwrap_err();
    assert!(
        matches!(error, TemplateError::Failed(_)),
        "{template}: {error}"
    );
}

#[track_caller]
fn is_malformed(template: &str) {
    let error = filled(template).unwrap_err();
    assert!(
        matches!(error, TemplateError::Malformed(_)),
        "{template}: {error}"
    );
}

// The expectations of the next five tests were printed by `kubectl annotate --local -o go-template` 1.32.4, but for
// numbers: kubectl keeps integers, Argo CD reads them as floating-point numbers.

#[test]
fn values_are_printed_as_go_prints_them() {
    gives(
        "{{ .name }}-{{.n}}-{{ .big }}-{{ .half }}-{{ .yes }}",
        "shop-3-1e+06-0.5-true",
    );
    gives("{{ .list }} {{ .map }}", "[b a b] map[j:w k:v]");
    gives(
        "{{ .gone }} {{ .nothing }} {{ .gone.further }}",
        "<no value> <no value> <no value>",
    );
    gives("{{ print 1 2 \"a\" 3 4 }}", "1 2a3 4");
}

#[test]
fn blanks_and_comments_go_away_where_asked() {
    gives("a {{- .name -}} b", "ashopb");
    gives("a {{/* comment */}} b", "a  b");
    gives("a {{- /* comment */ -}} b", "ab");
    gives("{{ `raw {{ braces }}` }}", "raw {{ braces }}");
}

#[test]
fn branches_and_loops_work_on_truth() {
    gives(
        "{{ if .empty }}a{{ else if .yes }}b{{ else }}c{{ end }}",
        "b",
    );
    gives("{{ with .map }}{{ .k }}{{ $.name }}{{ end }}", "vshop");
    gives(
        "{{ range $i, $v := .list }}{{ $i }}{{ $v }};{{ end }}",
        "0b;1a;2b;",
    );
    gives(
        "{{ range $k, $v := .map }}{{ $k }}={{ $v }} {{ end }}",
        "j=w k=v ",
    );
    gives("{{ range .gone }}x{{ else }}none{{ end }}", "none");
    gives(
        "{{ range .list }}{{ if eq . \"a\" }}{{ break }}{{ end }}{{ . }}{{ end }}",
        "b",
    );
    gives(
        "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}",
        "2",
    );
}

#[test]
fn functions_of_go_itself() {
    gives(
        "{{ index .path.segments 1 }} {{ index .map \"k\" }} {{ len .list }}",
        "shop v 3",
    );
    gives(
        "{{ eq .name \"x\" \"shop\" }} {{ ne .name \"x\" }} {{ lt 1 2 }}",
        "true true true",
    );
    gives(
        "{{ and .yes .name }} {{ or .empty .name }} {{ not .empty }}",
        "shop shop true",
    );
    gives("{{ or .yes (index .list 9) }}", "true");
    gives("{{ printf \"%s-%03d\" .name 7 }}", "shop-007");
    gives("{{ (index .list 0) | printf \"%s!\" }}", "b!");
}

#[test]
fn what_go_refuses_is_refused() {
    fails("{{ .name.further }}");
    fails("{{ .nothing.further }}");
    fails("{{ nil }}");
    fails("{{ index .gone \"a\" }}");
    fails("{{ index .list 9 }}");
    fails("{{ eq .n 3 }}");
    fails("{{ lt .name 3 }}");
    is_malformed("{{ if .yes }}x");
    is_malformed("{{ end }}");
    is_malformed("{{ .name");
    is_malformed("{{ \"a }}");
    is_malformed("{{ }}");
}

// Expectations read from sprig's documentation and source.
#[test]
fn functions_of_sprig() {
    gives(
        "{{ .gone | default \"x\" }} {{ .empty | default .name }}",
        "x shop",
    );
    gives(
        "{{ .name | upper | quote }} {{ squote .name }}",
        "\"SHOP\" 'shop'",
    );
    gives(
        "{{ trimSuffix \"-db\" \"a-db\" }} {{ trimPrefix \"a\" \"ab\" }} {{ trunc 2 \"abc\" }} {{ trunc -2 \"abc\" }}",
        "a b ab bc",
    );
    gives(
        "{{ replace \".\" \"-\" \"a.b\" }} {{ contains \"h\" .name }} {{ substr 1 3 .name }}",
        "a-b true ho",
    );
    gives(
        "{{ join \"-\" .path.segments }} {{ splitList \"/\" .path.path | last }}",
        "db-shop shop",
    );
    gives("{{ (split \"/\" .path.path)._1 }}", "shop");
    gives(
        "{{ ternary \"a\" \"b\" .yes }} {{ empty .empty }} {{ coalesce .gone .empty .name }}",
        "a true shop",
    );
    gives(
        "{{ dig \"k\" \"none\" .map }} {{ dig \"x\" \"none\" .map }}",
        "v none",
    );
    gives(
        "{{ add 1 2 3 }} {{ int .n | mul 2 }} {{ sub 5 3 }} {{ until 3 }}",
        "6 6 2 [0 1 2]",
    );
    gives(
        "{{ .list | uniq | sortAlpha | join \",\" }} {{ has \"a\" .list }}",
        "a,b true",
    );
    gives(
        "{{ get .map \"k\" }} {{ hasKey .map \"x\" }} {{ dict \"a\" 1 | toJson }}",
        "v false {\"a\":1}",
    );
    gives(
        "{{ regexReplaceAll \"[^a-z]\" \"a1b2\" \"${1}_\" }} {{ regexMatch \"^s\" .name }}",
        "a_b_ true",
    );
    gives("{{ .map | toYaml | nindent 2 }}", "\n  j: w\n  k: v");
    gives(
        "{{ (fromYaml \"a: [x]\").a | first }} {{ normalize \"A_b.\" }}",
        "x a-b",
    );
    gives(
        "{{ b64enc .name }} {{ b64dec \"c2hvcA==\" }}",
        "c2hvcA== shop",
    );
    fails("{{ upper .n }}");
    fails("{{ lower .gone }}");
}

#[test]
fn a_missing_key_is_an_error_where_the_options_say_so() {
    let strict = |template| fill(template, &data(), MissingKey::Error);
    assert!(matches!(
        strict("{{ .gone }}"),
        Err(TemplateError::Failed(_))
    ));
    assert_eq!(strict("{{ .name }}").as_deref(), Ok("shop"));
    let open = fill("{{ .server.name }}", &data(), MissingKey::Open);
    assert_eq!(
        open,
        Err(TemplateError::Unresolved("server.name".to_owned()))
    );
}

#[test]
fn an_unknown_function_is_named() {
    let error = filled("{{ genPrivateKey \"rsa\" }}").unwrap_err();
    assert_eq!(
        error,
        TemplateError::Unsupported("genPrivateKey".to_owned())
    );
    gives("{{ if .empty }}{{ genPrivateKey \"rsa\" }}{{ end }}", "");
}

#[test]
fn hostile_templates_end() {
    let loops = "{{ range until 10000 }}".repeat(5) + &"{{ end }}".repeat(5);
    assert_eq!(filled(&loops), Err(TemplateError::TooMuch));
    assert_eq!(
        filled("{{ repeat 99999999 \"x\" }}"),
        Err(TemplateError::TooMuch)
    );
    let doubling = "{{ $x := .list }}".to_owned() + &"{{ $x = concat $x $x }}".repeat(60);
    assert_eq!(filled(&doubling), Err(TemplateError::TooMuch));
    let deep = "{{ if .yes }}".repeat(10_000);
    assert_eq!(filled(&deep), Err(TemplateError::TooMuch));
    let groups = format!("{{{{ {} }}}}", "(".repeat(10_000));
    assert_eq!(filled(&groups), Err(TemplateError::TooMuch));
}

#[test]
fn parameters_stay_as_they_are() {
    let before = data();
    let _ = fill("{{ set .map \"k\" \"x\" }}", &before, MissingKey::Nothing);
    assert_eq!(before, data());
    assert_eq!(Value::Map(BTreeMap::new()).printed(), "map[]");
}
