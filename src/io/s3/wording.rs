//! Plain words for what can go wrong between here and a bucket.

/// Why the service does not accept the credentials, and what to do, by its error code.
/// Source: Amazon S3 API reference, "Error responses"; MinIO and Ceph use the same codes.
pub(super) fn credentials(code: &str) -> Option<(&'static str, &'static str)> {
    const RENEW: &str = "get new credentials, for example with `aws sso login` or `aws sts`, and run the command again";
    const CHECK: &str = "check the credentials that the environment or the AWS configuration files hold, and that they belong to this service";
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "RequestExpired" => {
            ("the credentials have expired", RENEW)
        }
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            ("the service does not know the access key", CHECK)
        }
        "SignatureDoesNotMatch" => ("the secret key does not belong to the access key", CHECK),
        "InvalidToken"
        | "InvalidSecurity"
        | "NotSignedUp"
        | "MissingSecurityHeader"
        | "MissingSecurityElement" => ("the service does not accept the credentials", CHECK),
        "RequestTimeTooSkewed" => (
            "the clocks of this machine and of the service differ too much",
            "set the clock",
        ),
        _ => return None,
    })
}

/// Why there are no credentials, by the SDK's words.
pub(super) fn no_credentials(told: &str, profile: Option<&str>) -> (String, String) {
    const USUAL: &str =
        "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or name a profile with `--profile`";
    let told = told.to_ascii_lowercase();
    if told.contains("enabled: sso") || told.contains("sso_") {
        return (
            "the profile uses single sign-on, which this program does not do itself".to_owned(),
            "hand the credentials over: `eval \"$(aws configure export-credentials --format env)\"`".to_owned(),
        );
    }
    if told.contains("credential_process") || told.contains("credentials-process") {
        return (
            "the profile gets its credentials from another program, which this one does not start"
                .to_owned(),
            "hand the credentials over: `eval \"$(aws configure export-credentials --format env)\"`".to_owned(),
        );
    }
    match profile {
        Some(profile) => (
            format!("profile `{profile}` gives no credentials"),
            "check its name and content in `~/.aws/config` and `~/.aws/credentials`".to_owned(),
        ),
        None if told.contains("timed out") => {
            ("no credentials came in time".to_owned(), USUAL.to_owned())
        }
        None => ("there are no credentials".to_owned(), USUAL.to_owned()),
    }
}

/// Whether an error is about finding credentials, by the SDK's words.
pub(super) fn is_about_credentials(chain: &str) -> bool {
    let chain = chain.to_ascii_lowercase();
    ["credentials", "failed to load identity", "no identity"]
        .iter()
        .any(|words| chain.contains(words))
}

/// Why no connection came about, and what to do. The libraries below tell it in words only.
pub(super) fn connection(chain: &str) -> Option<(&'static str, &'static str)> {
    const HOST: &str = "check the endpoint; a name inside the Kubernetes cluster needs a way in, such as `kubectl port-forward`";
    const CERTIFICATE: &str =
        "let `SSL_CERT_FILE` name a PEM file with the certificate authority of the service";
    let chain = chain.to_ascii_lowercase();
    let known: [(&[&str], (&str, &str)); 11] = [
        (
            &["dns error", "failed to lookup address"],
            ("the name of the host is not known", HOST),
        ),
        (
            &["connection refused"],
            ("nothing listens there (connection refused)", HOST),
        ),
        (
            &[
                "unknownissuer",
                "selfsigned",
                "caused by: invalid peer certificate: other",
            ],
            (
                "no known authority has signed its TLS certificate",
                CERTIFICATE,
            ),
        ),
        (
            &["notvalidforname", "not valid for name"],
            (
                "its TLS certificate is for another host name",
                "use the name that the certificate is for",
            ),
        ),
        (
            &[
                "certificate: expired",
                "certificateexpired",
                "certificate expired",
            ],
            (
                "its TLS certificate has expired",
                "renew the certificate of the service, or check the clock of this machine",
            ),
        ),
        (
            &["invalid peer certificate"],
            ("its TLS certificate is not accepted", CERTIFICATE),
        ),
        (
            &[
                "corrupt message",
                "invalidcontenttype",
                "wrong version number",
            ],
            (
                "it does not speak TLS",
                "begin the endpoint with `http://`, or use the port for TLS",
            ),
        ),
        (
            &[
                "invalid http version",
                "invalid http status-line",
                "invalid http header",
            ],
            (
                "it does not speak HTTP",
                "check the port; for a port with TLS begin the endpoint with `https://`",
            ),
        ),
        (
            &[
                "connection reset",
                "connection closed before message completed",
            ],
            (
                "it hung up without an answer",
                "check the port; for a port with TLS begin the endpoint with `https://`",
            ),
        ),
        (
            &["unreachable", "no route to host"],
            ("there is no way to it in the network", HOST),
        ),
        (
            &["fatal alert", "handshake"],
            (
                "no TLS connection came about",
                "check the port; without TLS the endpoint begins with `http://`",
            ),
        ),
    ];
    known
        .into_iter()
        .find(|(signs, _)| signs.iter().any(|sign| chain.contains(sign)))
        .map(|(_, words)| words)
}

/// What an answer is that S3 would not give; `None` for XML and for nothing.
pub(super) fn foreign_answer(body: &str) -> Option<String> {
    let text = body.trim_start_matches('\u{feff}').trim();
    let lower = text.to_ascii_lowercase();
    if lower.contains("https server") || lower.contains("sent to https port") {
        return Some("it wants HTTPS".to_owned());
    }
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") || lower.contains("<html")
    {
        return Some("a web page".to_owned());
    }
    if text.is_empty() || text.starts_with('<') {
        return None;
    }
    Some(format!("`{}`", shortened(text)))
}

/// The region in the words of a service that expects another one.
pub(super) fn region_in(message: &str) -> Option<String> {
    let quoted = message.split("expecting '").nth(1);
    if let Some(region) = quoted.and_then(|rest| rest.split('\'').next()) {
        return Some(region.to_owned());
    }
    // Garage: "unexpected scope, expected: 20260101/garage/s3/aws4_request".
    let scope = message.split('/').collect::<Vec<_>>();
    let at = scope.iter().position(|part| *part == "s3")?;
    let region = scope.get(at.checked_sub(1)?)?;
    (!region.is_empty() && !region.contains(' ')).then(|| (*region).to_owned())
}

/// One line, and not too long a one.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}
