//! An archive served by s3s 0.14.1, which checks every signature: the verdicts are those of the directory.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;

const KEY_ID: &str = "an-access-key";
const SECRET: &str = "the secret of an-access-key";

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/archive")
}

/// Serves a directory; the folders in it are the buckets. Returns the endpoint.
fn serve(root: &Path) -> String {
    let mut service = S3ServiceBuilder::new(FileSystem::new(root).unwrap());
    service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
    let service = service.build();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    endpoint
}

fn program(arguments: &[&str], secret: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_walbound-protocol"))
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_ENDPOINT_URL")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap()
}

fn document(output: &Output) -> serde_json::Value {
    let parsed = serde_json::from_slice(&output.stdout);
    parsed.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Every target of the recorded recoveries, asked of the directory and of the service.
#[test]
fn an_archive_behind_signatures_is_judged_as_its_directory() {
    let mut asked = 0;
    for case in ["forked", "gap", "mixed", "truncated"] {
        let root = archives().join(case);
        let endpoint = serve(&root);
        let observed = std::fs::read(root.join("observed.json")).unwrap();
        let observed: serde_json::Value = serde_json::from_slice(&observed).unwrap();
        for observation in observed.as_array().unwrap() {
            let target = observation["arguments"].as_array().unwrap().iter();
            let target: Vec<&str> = target.map(|word| word.as_str().unwrap()).collect();
            let directory = root.join("bucket/db");
            let directory = directory.to_str().unwrap();
            let here = [&["check", directory, "--format", "json"], &target[..]].concat();
            let there = [
                "check",
                "s3://bucket/db",
                "--endpoint-url",
                &endpoint,
                "--format",
                "json",
            ];
            let here = program(&here, SECRET);
            let there = program(&[&there[..], &target].concat(), SECRET);
            let mut expected = document(&here);
            expected["archive"]["url"] = "s3://bucket/db".into();
            assert_eq!(document(&there), expected, "{case} {target:?}");
            assert_eq!(there.status, here.status);
            asked += 1;
        }
    }
    assert!(asked >= 50, "{asked}");
}

#[test]
fn errors_of_the_service_are_understood() {
    let endpoint = serve(&archives().join("gap"));
    let check = |url: &str, secret: &str| {
        let all = ["check", url, "--latest", "--endpoint-url", &endpoint];
        let output = program(&all, secret);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let told = check("s3://bucket/db", "another secret");
    assert!(
        told.contains("the secret key does not belong to the access key"),
        "{told}"
    );
    assert!(
        !told.contains(KEY_ID) && !told.contains("another secret"),
        "{told}"
    );
    let told = check("s3://no-such-bucket/db", SECRET);
    assert!(
        told.contains("the bucket `no-such-bucket` does not exist"),
        "{told}"
    );
    let told = check("s3://bucket/nothing", SECRET);
    assert!(
        told.contains("no archive of Barman Cloud is here"),
        "{told}"
    );
}
