//! What goes wrong is told in plain words, with what to do.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::fake::{Act, Bucket, Fake, Habits, error};
use super::{KEY_ID, command, run, without_credentials};
use crate::workspace::{Answer, Workspace};

const CHECK: [&str; 3] = ["check", "s3://backups/db", "--latest"];

/// The program fails, says this and advises that.
fn fails(answer: &Answer, says: &str, advises: &str) {
    assert_eq!(
        (answer.code, answer.out.as_str()),
        (Some(2), ""),
        "{}",
        answer.err
    );
    let (message, help) = answer
        .err
        .split_once("\n  help: ")
        .unwrap_or((&answer.err, ""));
    assert!(message.contains(says), "{says}: {}", answer.err);
    assert!(help.contains(advises), "{advises}: {}", answer.err);
}

fn with(act: Act) -> Fake {
    let empty = Bucket::of(Vec::new());
    Fake::with(empty, Habits::default(), move |_| act.clone())
}

#[test]
fn errors_of_the_service_are_explained() {
    for (act, says, advises) in [
        (
            error(403, "AccessDenied", "Access Denied"),
            "access to s3://backups/db/ is denied: 403 AccessDenied (Access Denied)",
            "`s3:ListBucket`",
        ),
        (
            error(404, "NoSuchBucket", "The specified bucket does not exist"),
            "the bucket `backups` does not exist at http://127.0.0.1:",
            "check the name of the bucket",
        ),
        (
            error(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            "the service does not know the access key",
            "check the credentials",
        ),
        (
            error(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match",
            ),
            "the secret key does not belong to the access key",
            "check the credentials",
        ),
        (
            error(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            "the clocks of this machine and of the service differ too much",
            "set the clock",
        ),
        (
            error(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            ),
            "the bucket is in region `eu-west-1`, not `us-east-1`",
            "`--region eu-west-1`",
        ),
        (
            error(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
            ),
            "region `us-east-1` or the endpoint is not the bucket's",
            "`--region`",
        ),
        (
            Act::Instead(200, "<html><body>MinIO Console</body></html>".to_owned()),
            "does not answer as S3 does: status 200 and a web page",
            "`--endpoint-url`",
        ),
        (
            Act::Instead(404, "404 page not found".to_owned()),
            "does not answer as S3 does: status 404 and `404 page not found`",
            "`--endpoint-url`",
        ),
        (
            Act::Instead(
                400,
                "Client sent an HTTP request to an HTTPS server.\n".to_owned(),
            ),
            "it wants HTTPS",
            "`https://`",
        ),
    ] {
        let fake = with(act);
        fails(&run(&fake.endpoint, &CHECK), says, advises);
    }
}

#[test]
fn an_access_key_that_the_service_repeats_is_not_shown() {
    let message = format!("User {KEY_ID} may not list; key:{KEY_ID}.");
    let fake = with(error(403, "AccessDenied", &message));
    fails(
        &run(&fake.endpoint, &CHECK),
        "User (access key) may not list; key:(access key).",
        "",
    );
}

#[test]
fn a_service_that_stays_down_is_given_up() {
    let fake = with(error(503, "ServiceUnavailable", "Please try again."));
    fails(
        &run(&fake.endpoint, &CHECK),
        "the service answered 503 ServiceUnavailable (Please try again.), 6 times",
        "",
    );
    assert_eq!(fake.requests().len(), 6);
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_explained() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    fails(
        &run(&format!("http://{closed}"), &CHECK),
        "nothing listens there",
        "`kubectl port-forward`",
    );
    fails(
        &run("http://minio.does-not-exist.invalid:9000", &CHECK),
        "the name of the host is not known",
        "check the endpoint",
    );
    let http = talking(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    fails(
        &run(&format!("https://{http}"), &CHECK),
        "it does not speak TLS",
        "`http://`",
    );
    fails(
        &run(&format!("https://{}", talking(b"")), &CHECK),
        "no TLS connection came about",
        "check the port",
    );
    let alert = talking(b"\x15\x03\x01\x00\x02\x02\x46");
    fails(
        &run(&format!("http://{alert}"), &CHECK),
        "it does not speak HTTP",
        "`https://`",
    );
    for (endpoint, says) in [
        ("minio:9000", "begins with neither"),
        (
            "http://user:hunter2@minio:9000",
            "it holds a user name or password",
        ),
        ("user:hunter2@minio:9000", "begins with neither"),
        ("https://", "names no host"),
    ] {
        let answer = run(endpoint, &CHECK);
        fails(&answer, says, "credentials come from the environment");
        assert!(!answer.err.contains("hunter2"), "{}", answer.err);
    }
}

/// A server that says this to everyone and hangs up.
fn talking(words: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(words);
        }
    });
    address
}

#[test]
fn missing_credentials_are_explained() {
    let workspace = Workspace::plain(&[]);
    let endpoint = ["--endpoint-url", "http://127.0.0.1:1"];
    let all = [&CHECK[..], &endpoint].concat();
    let answer = Answer::of(&mut without_credentials(&workspace, &all));
    fails(&answer, "there are no credentials", "`AWS_ACCESS_KEY_ID`");
    let all = [&CHECK[..], &endpoint, &["--profile", "nobody"]].concat();
    let answer = Answer::of(&mut without_credentials(&workspace, &all));
    fails(
        &answer,
        "profile `nobody` gives no credentials",
        "~/.aws/config",
    );
    workspace.put(
        "aws-config",
        "[profile sso]\nsso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n",
    );
    let all = [&CHECK[..], &endpoint, &["--profile", "sso"]].concat();
    let answer = Answer::of(&mut without_credentials(&workspace, &all));
    fails(
        &answer,
        "single sign-on",
        "aws configure export-credentials",
    );
}

#[test]
fn a_profile_gives_credentials_region_and_endpoint() {
    let (_, bucket) = super::fixture("forked", "");
    let fake = Fake::start(bucket);
    let workspace = Workspace::plain(&[
        (
            "aws-credentials",
            "[backups]\naws_access_key_id = AK\naws_secret_access_key = SK\n",
        ),
        (
            "aws-config",
            &format!(
                "[profile backups]\nregion = garage\nservices = local\n[services local]\ns3 =\n  endpoint_url = {}\n",
                fake.endpoint
            ),
        ),
    ]);
    let all = [&CHECK[..], &["--profile", "backups"]].concat();
    let answer = Answer::of(&mut without_credentials(&workspace, &all));
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(fake.requests().len() > 3);
}

#[test]
fn a_bucket_without_an_archive_is_no_empty_lineage() {
    let fake = Fake::start(Bucket::of(vec![("notes/x".to_owned(), 0, Vec::new())]));
    let answer = run(&fake.endpoint, &["check", "s3://backups", "--latest"]);
    fails(
        &answer,
        "s3://backups: no archive of Barman Cloud is here",
        "`base` and `wals`",
    );
    let answer = run(&fake.endpoint, &["check", "s3://", "--latest"]);
    fails(&answer, "`s3://` names no bucket", "");
}

#[test]
fn an_interrupt_ends_the_run_at_once() {
    let fake = with(Act::Wait(std::time::Duration::from_secs(20)));
    let workspace = Workspace::plain(&[]);
    let mut child = command(&workspace, &fake.endpoint, &CHECK).spawn().unwrap();
    while fake.requests().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let begin = std::time::Instant::now();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert!(!child.wait().unwrap().success());
    assert!(begin.elapsed() < std::time::Duration::from_secs(5));
}
