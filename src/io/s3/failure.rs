//! What an error of the SDK means to the people at the keyboard. Nothing here repeats any part of the credentials.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::barman::store::StoreError;

use super::connect::{MOST_ATTEMPTS, READ_TIMEOUT};
use super::wording;

/// Which bucket of which service, for messages.
pub(super) struct Site {
    pub(super) bucket: String,
    /// The endpoint in force; `None` for AWS.
    pub(super) endpoint: Option<String>,
    pub(super) region: String,
    /// The identifier of the access key, which no message may show.
    pub(super) key_id: String,
    /// Whether the service has answered anything yet.
    pub(super) answered: Arc<AtomicBool>,
}

/// An error of a request, with what the rules below look at.
struct Told<'e> {
    what: String,
    status: u16,
    code: &'e str,
    message: String,
    /// The beginning of the answer's body.
    body: String,
}

impl Site {
    /// The URL of a key or prefix.
    pub(super) fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    /// The service.
    pub(super) fn service(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("AWS, region {}", self.region),
        }
    }

    /// What an error means that came while `key` was asked for.
    pub(super) fn explain<E>(&self, key: &str, error: &SdkError<E, HttpResponse>) -> StoreError
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let what = self.url(key);
        let chain = DisplayErrorContext(error).to_string();
        match error {
            SdkError::ServiceError(service) => {
                let raw = service.raw();
                let meta = service.err().meta();
                let told = Told {
                    what,
                    status: raw.status().as_u16(),
                    code: meta.code().unwrap_or_default(),
                    message: self.without_key(meta.message().unwrap_or_default()),
                    body: beginning(raw.body().bytes().unwrap_or_default()),
                };
                let region = raw.headers().get("x-amz-bucket-region");
                let region = region.map(str::to_owned);
                self.refused(&told, region)
            }
            SdkError::ResponseError(response) => {
                let body = response.raw().body().bytes().unwrap_or_default();
                match wording::foreign_answer(&beginning(body)) {
                    Some(found) => self.not_s3(what, &found),
                    None => other(what, format!("the answer broke off, {MOST_ATTEMPTS} times")),
                }
            }
            SdkError::TimeoutError(_) => self.timed_out(what),
            SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => self.timed_out(what),
            _ if wording::is_about_credentials(&chain) => {
                credentials_failure(&self.bucket, None, &chain)
            }
            _ => self.no_connection(what, &chain),
        }
    }

    /// The service answered, with an error.
    fn refused(&self, told: &Told<'_>, region: Option<String>) -> StoreError {
        let Told { what, status, .. } = told;
        match told.code {
            "NoSuchKey" => StoreError::Missing { what: what.clone() },
            "NoSuchBucket" | "InvalidBucketName" => self.no_bucket(),
            "AccessDenied" | "AllAccessDisabled" | "Forbidden" => StoreError::Denied {
                what: what.clone(),
                reason: told.words(),
            },
            "PreconditionFailed" => {
                other(what.clone(), "it was replaced while it was read".to_owned())
            }
            "InvalidObjectState" => other(
                what.clone(),
                "it lies in an archive storage class and has to be restored from there first"
                    .to_owned(),
            ),
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException"
            | "IncorrectEndpoint" => {
                let region = region.or_else(|| wording::region_in(&told.message));
                self.other_region(told, region)
            }
            code => match wording::credentials(code) {
                Some((reason, remedy)) => StoreError::Credentials {
                    what: what.clone(),
                    reason: reason.to_owned(),
                    remedy: remedy.to_owned(),
                },
                None if matches!(status, 301 | 307 | 308) && region.is_some() => {
                    self.other_region(told, region)
                }
                None => self.unusual(told),
            },
        }
    }

    /// Neither a known error nor, perhaps, an answer of S3 at all.
    fn unusual(&self, told: &Told<'_>) -> StoreError {
        let what = told.what.clone();
        let status = told.status;
        if status >= 500 || matches!(status, 408 | 429) {
            let words = told.words();
            let reason = format!("the service answered {words}, {MOST_ATTEMPTS} times");
            return other(what, reason);
        }
        if told.code.is_empty() {
            let found = wording::foreign_answer(&told.body);
            return match (found, status) {
                (Some(found), _) => self.not_s3(what, &format!("status {status} and {found}")),
                (None, 403) => StoreError::Denied {
                    what,
                    reason: told.words(),
                },
                (None, 200..300) => other(what, "its answer makes no sense".to_owned()),
                (None, _) => self.not_s3(what, &format!("status {status}")),
            };
        }
        other(what, format!("the service answered {}", told.words()))
    }

    fn no_bucket(&self) -> StoreError {
        let elsewhere = match &self.endpoint {
            Some(_) => "",
            None => "; a bucket of another service needs `--endpoint-url`",
        };
        StoreError::NoBucket {
            bucket: self.bucket.clone(),
            endpoint: self.service(),
            remedy: format!("check the name of the bucket{elsewhere}"),
        }
    }

    fn other_region(&self, told: &Told<'_>, region: Option<String>) -> StoreError {
        let used = &self.region;
        let (reason, remedy) = match region.filter(|region| region != used) {
            Some(region) => (
                format!("the bucket is in region `{region}`, not `{used}`"),
                format!("add `--region {region}`, or set `AWS_REGION={region}`"),
            ),
            None => (
                format!(
                    "region `{used}` or the endpoint is not the bucket's: {}",
                    told.words()
                ),
                "name the bucket's region with `--region`, or its service with `--endpoint-url`"
                    .to_owned(),
            ),
        };
        StoreError::Unreachable {
            what: told.what.clone(),
            reason,
            remedy,
        }
    }

    fn not_s3(&self, what: String, found: &str) -> StoreError {
        let service = self.service();
        let remedy = if found.contains("HTTPS") {
            "begin the endpoint with `https://`"
        } else {
            "name the S3 API with `--endpoint-url`, not a web console or a proxy in front of it; it often has a port of its own"
        };
        StoreError::Unreachable {
            what,
            reason: format!("{service} does not answer as S3 does: {found}"),
            remedy: remedy.to_owned(),
        }
    }

    fn timed_out(&self, what: String) -> StoreError {
        let service = self.service();
        if self.answered.load(Ordering::Relaxed) {
            let seconds = READ_TIMEOUT.as_secs();
            let reason =
                format!("{service} stopped answering ({seconds} seconds, {MOST_ATTEMPTS} times)");
            return other(what, reason);
        }
        StoreError::Unreachable {
            what,
            reason: format!("{service} does not answer"),
            remedy: "check host, port, firewall and proxy settings".to_owned(),
        }
    }

    fn no_connection(&self, what: String, chain: &str) -> StoreError {
        let service = self.service();
        match wording::connection(chain) {
            Some((reason, remedy)) => StoreError::Unreachable {
                what,
                reason: format!("{service}: {reason}"),
                remedy: remedy.to_owned(),
            },
            None => other(
                what,
                format!(
                    "{service}: {}",
                    self.without_key(&wording::shortened(chain))
                ),
            ),
        }
    }

    /// A message with the identifier of the access key taken out: some services repeat it.
    pub(super) fn without_key(&self, message: &str) -> String {
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '+' | '=');
        let mut clean = String::new();
        let mut rest = message;
        while let Some(at) = rest
            .find(self.key_id.as_str())
            .filter(|_| !self.key_id.is_empty())
        {
            let (before, from) = rest.split_at(at);
            let (found, after) = from.split_at(self.key_id.len());
            let inside = before.ends_with(part) || after.starts_with(part);
            clean.push_str(before);
            clean.push_str(if inside { found } else { "(access key)" });
            rest = after;
        }
        clean + rest
    }
}

impl Told<'_> {
    /// Status and the service's own words.
    fn words(&self) -> String {
        let mut words = self.status.to_string();
        if !self.code.is_empty() {
            words = format!("{words} {}", self.code);
        }
        if !self.message.is_empty() && self.message != self.code {
            words = format!("{words} ({})", wording::shortened(&self.message));
        }
        words
    }
}

/// No credentials could be had; `told` are the SDK's words.
pub(super) fn credentials_failure(bucket: &str, profile: Option<&str>, told: &str) -> StoreError {
    let (reason, remedy) = wording::no_credentials(told, profile);
    StoreError::Credentials {
        what: format!("s3://{bucket}"),
        reason,
        remedy,
    }
}

fn other(what: String, reason: String) -> StoreError {
    StoreError::Other { what, reason }
}

/// Enough of a body to tell what it is.
fn beginning(body: &[u8]) -> String {
    const ENOUGH: usize = 512;
    let body = body.get(..ENOUGH).unwrap_or(body);
    String::from_utf8_lossy(body).into_owned()
}
