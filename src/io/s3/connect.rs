//! The way to a bucket: credentials, region, endpoint, TLS, time limits and retries.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{
    ClassifyRetry, RetryAction, RetryConfig, RetryPartition, TokenBucket,
};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    ProvideCredentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{ConnectorError, DisplayErrorContext};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_types::service_config::ServiceConfigKey;
use tokio::runtime::Runtime;

use crate::barman::store::StoreError;

use super::failure::{Site, credentials_failure};

/// Where AWS looks when nobody names a region; other stores take any.
const DEFAULT_REGION: &str = "us-east-1";

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Until an answer begins, and between two parts of a body.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Until a whole page, or the beginning of an object, is there.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(90);

/// How often a request is sent at most.
pub(super) const MOST_ATTEMPTS: u32 = 6;

/// The longest wait before the second attempt; it doubles up to [`LONGEST_BACKOFF`].
pub(super) const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// Which bucket, and how to reach it. Credentials come from the SDK's default chain only.
#[derive(Debug, Clone, Default)]
pub struct S3Options {
    /// The bucket.
    pub bucket: String,
    /// The service; `None` for AWS, or what its configuration says.
    pub endpoint_url: Option<String>,
    /// The region; `None` for what the environment or the profile says, else `us-east-1`.
    pub region: Option<String>,
    /// The profile of the AWS configuration files; `None` for what the environment says.
    pub profile: Option<String>,
}

/// What requests need, cheap to hand to each of them.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) site: Site,
}

/// A bucket and the thread that waits for it.
pub(super) struct Connection {
    runtime: Runtime,
    shared: Arc<Shared>,
}

impl Connection {
    pub(super) fn open(options: &S3Options) -> Result<Self, StoreError> {
        if let Some(endpoint) = &options.endpoint_url {
            check_endpoint(endpoint)?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| StoreError::Other {
                what: format!("s3://{}", options.bucket),
                reason: format!("no network is to be had: {error}"),
            })?;
        let shared = Arc::new(runtime.block_on(connect(options))?);
        Ok(Self { runtime, shared })
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Drives a future, and all that were spawned, until it is ready.
    pub(super) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

async fn connect(options: &S3Options) -> Result<Shared, StoreError> {
    let loaded = load(options).await;
    let mut builder = aws_sdk_s3::config::Builder::from(&loaded);
    let endpoint = options.endpoint_url.clone();
    let endpoint = endpoint.or_else(|| configured_endpoint(&loaded));
    builder.set_endpoint_url(endpoint.clone());
    if let Some(endpoint) = &endpoint {
        check_endpoint(endpoint)?;
    }
    let encrypted = endpoint.as_deref().is_none_or(|url| !is_plain(url));
    let region = loaded.region().map(ToString::to_string);
    let region = region.unwrap_or_else(|| DEFAULT_REGION.to_owned());
    let answered = Arc::new(AtomicBool::new(false));
    let key_id = access_key_id(&loaded, options).await?;
    let config = builder
        // Names of buckets as host names are the exception outside AWS.
        .force_path_style(endpoint.is_some())
        // Stores other than AWS may not know the checksums that newer SDKs ask for.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .http_client(http_client(encrypted))
        .retry_classifier(GiveUpEarly(Arc::clone(&answered)))
        // A long listing meets many errors in all; only those of one request count.
        .retry_partition(
            RetryPartition::custom("archive")
                .token_bucket(TokenBucket::unlimited())
                .build(),
        )
        .build();
    Ok(Shared {
        client: Client::from_conf(config),
        site: Site {
            bucket: options.bucket.clone(),
            endpoint,
            region,
            key_id,
            answered,
        },
    })
}

/// The SDK's configuration from files and environment, with our limits.
async fn load(options: &S3Options) -> SdkConfig {
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &options.profile {
        profile = profile.profile_name(name);
    }
    // The instance metadata are not asked for a region: elsewhere that costs seconds.
    let region = RegionProviderChain::first_try(options.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(Region::new(DEFAULT_REGION));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(MOST_ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .timeout_config(timeouts)
        .retry_config(retries)
        // Bodies have their own time limit and are resumed.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client(true));
    if let Some(name) = &options.profile {
        loader = loader.profile_name(name);
    }
    loader.load().await
}

/// The endpoint that environment or profile name for S3, else for every service. An empty one counts as none.
fn configured_endpoint(loaded: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let special = loaded.service_config()?.load_config(key);
    let endpoint = special.or_else(|| loaded.endpoint_url().map(str::to_owned));
    endpoint.filter(|endpoint| !endpoint.is_empty())
}

/// The identifier of the access key, so that it can be kept out of messages. Fails when there are no credentials.
async fn access_key_id(loaded: &SdkConfig, options: &S3Options) -> Result<String, StoreError> {
    let profile = options.profile.as_deref();
    let Some(provider) = loaded.credentials_provider() else {
        return Err(credentials_failure(&options.bucket, profile, ""));
    };
    let found = provider.provide_credentials().await;
    let found = found.map_err(|error| {
        let told = DisplayErrorContext(&error).to_string();
        credentials_failure(&options.bucket, profile, &told)
    })?;
    Ok(found.access_key_id().to_owned())
}

/// A client that honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. Where nothing is encrypted no certificates are
/// loaded.
fn http_client(encrypted: bool) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        if !encrypted {
            return builder.build_http();
        }
        let ring = tls::rustls_provider::CryptoMode::Ring;
        builder.tls_provider(tls::Provider::Rustls(ring)).build()
    })
}

fn is_plain(endpoint: &str) -> bool {
    let scheme = endpoint.get(.."http://".len());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

/// An endpoint is a URL without a user: names and passwords do not belong on a command line.
fn check_endpoint(endpoint: &str) -> Result<(), StoreError> {
    let refused = |what: String, reason: &str| {
        Err(StoreError::Unreachable {
            what,
            reason: reason.to_owned(),
            remedy: "write it as `--endpoint-url https://host:port`; credentials come from the environment or the AWS configuration files".to_owned(),
        })
    };
    let lower = endpoint.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://");
    let Some(rest) = rest.or_else(|| lower.strip_prefix("http://")) else {
        let shown = endpoint.rsplit('@').next().unwrap_or_default();
        return refused(
            format!("endpoint `{shown}`"),
            "it begins with neither `https://` nor `http://`",
        );
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return refused(
            "the endpoint".to_owned(),
            "it holds a user name or password",
        );
    }
    if host.is_empty() || host.starts_with(':') || host.contains(char::is_whitespace) {
        return refused(format!("endpoint `{endpoint}`"), "it names no host");
    }
    Ok(())
}

/// Does not repeat what cannot get better: before the first answer, a failed connection is a wrong setting.
struct GiveUpEarly(Arc<AtomicBool>);

impl fmt::Debug for GiveUpEarly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GiveUpEarly")
    }
}

impl ClassifyRetry for GiveUpEarly {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if context.response().is_some() {
            self.0.store(true, Ordering::Relaxed);
            return RetryAction::NoActionIndicated;
        }
        let error = context.output_or_error().and_then(Result::err);
        let refused = error.and_then(|error| error.as_connector_error());
        match refused {
            Some(error) if never_connected(error) && !self.0.load(Ordering::Relaxed) => {
                RetryAction::RetryForbidden
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "no repetition before the first answer"
    }
}

/// Whether it failed while connecting. The HTTP client tells that in words only.
fn never_connected(error: &ConnectorError) -> bool {
    let told = DisplayErrorContext(error).to_string();
    told.contains("(Connect)") || told.contains("connect timeout")
}
