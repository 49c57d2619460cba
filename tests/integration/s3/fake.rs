//! An S3 service in this process that can do what real ones do rarely: large listings without the objects, odd tokens,
//! errors, cut-off bodies. It counts requests and checks no signatures.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The objects of a bucket, in the order of keys. They need not exist until they are asked for.
pub(crate) struct Bucket {
    count: usize,
    object: Box<dyn Fn(usize) -> Object + Send + Sync>,
}

pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) size: usize,
    /// Seconds since 1970.
    pub(crate) modified: i64,
    pub(crate) body: Arc<Vec<u8>>,
}

/// One request, as a rule of misbehaviour sees it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `list`, `folders` or `get`.
    pub(crate) kind: &'static str,
    /// The key, or the prefix of a listing.
    pub(crate) key: String,
    pub(crate) start_after: String,
    pub(crate) token: String,
    pub(crate) range: Option<(usize, usize)>,
    /// Counted from 1 over all requests.
    pub(crate) number: usize,
}

/// What to do instead of answering as asked.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Answer,
    /// A status with this body.
    Instead(u16, String),
    /// Announce everything, send so many bytes of the body and hang up.
    Cut(usize),
    /// Wait before the answer.
    Wait(Duration),
    /// Wait in the middle of the body.
    Slow(Duration),
    /// Answer as if no range was asked for.
    Whole,
    /// The answer to a listing with its keys reversed.
    Reversed,
    /// Hang up without a word.
    HangUp,
}

type Rule = Box<dyn Fn(&Request) -> Act + Send + Sync>;

/// How the service differs from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) page: usize,
    /// Whether `encoding-type=url` is understood.
    pub(crate) encodes: bool,
    /// Whether tokens hold what has to be escaped.
    pub(crate) strange_tokens: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            page: 1000,
            encodes: true,
            strange_tokens: false,
        }
    }
}

pub(crate) struct Fake {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

struct Service {
    bucket: Bucket,
    habits: Habits,
    rule: Rule,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// An error as S3 writes it.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Act {
    Act::Instead(
        status,
        format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        ),
    )
}

impl Bucket {
    pub(crate) fn of(mut objects: Vec<(String, i64, Vec<u8>)>) -> Self {
        objects.sort();
        let objects: Vec<_> = objects
            .into_iter()
            .map(|(key, modified, body)| (key, modified, Arc::new(body)))
            .collect();
        Self {
            count: objects.len(),
            object: Box::new(move |at| {
                let (key, modified, body) = &objects[at];
                Object {
                    key: key.clone(),
                    size: body.len(),
                    modified: *modified,
                    body: Arc::clone(body),
                }
            }),
        }
    }

    /// The archive `db`: a base backup, and so many segments of 16 MiB on timeline 1, from the first on.
    pub(crate) fn segments(count: usize) -> Self {
        let before = [
            (
                "db/base/20260101T000001/backup.info",
                BACKUP_INFO.as_bytes(),
            ),
            ("db/base/20260101T000001/data.tar", b"x"),
        ];
        let before = before.map(|(key, body)| (key, Arc::new(body.to_vec())));
        let object = move |at: usize| match before.get(at) {
            Some((key, body)) => Object {
                key: (*key).to_owned(),
                size: body.len(),
                modified: 1_790_000_000,
                body: Arc::clone(body),
            },
            None => segment(at - 1),
        };
        Self {
            count: count + 2,
            object: Box::new(object),
        }
    }

    /// The first object for which `before` does not hold.
    fn first(&self, before: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = (low + high) / 2;
            if before(&(self.object)(middle).key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// Of a backup that needs the second segment only.
const BACKUP_INFO: &str = "\
backup_label='START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\\nCHECKPOINT LOCATION: 0/2000060\\nBACKUP METHOD: streamed\\nBACKUP FROM: primary\\nSTART TIME: 2026-09-21 12:35:01 UTC\\nLABEL: x\\nSTART TIMELINE: 1\\n'
begin_offset=40
begin_time=2026-09-21 12:35:01.938136+00:00
begin_wal=000000010000000000000002
begin_xlog=0/2000028
end_offset=256
end_time=2026-09-21 12:35:03.561896+00:00
end_wal=000000010000000000000002
end_xlog=0/2000100
server_name=cloud
status=DONE
systemid=7710602296381582745
tablespaces=None
timeline=1
version=150018
xlog_segment_size=16777216
";

fn segment(number: usize) -> Object {
    let (log, within) = (number / 256, number % 256);
    Object {
        key: format!("db/wals/00000001{log:08X}/00000001{log:08X}{within:08X}.gz"),
        size: 3_000_000 + number % 1000,
        modified: 1_795_000_000 + number as i64,
        body: Arc::default(),
    }
}

impl Fake {
    pub(crate) fn start(bucket: Bucket) -> Self {
        Self::with(bucket, Habits::default(), |_| Act::Answer)
    }

    pub(crate) fn with(
        bucket: Bucket,
        habits: Habits,
        rule: impl Fn(&Request) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::default();
        let service = Arc::new(Service {
            bucket,
            habits,
            rule: Box::new(rule),
            requests: Arc::clone(&requests),
        });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let service = Arc::clone(&service);
                // A client that hangs up in the middle ends its thread.
                thread::spawn(move || service.serve(stream));
            }
        });
        Self { endpoint, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Service {
    fn serve(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut stream = stream;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let target = line.split(' ').nth(1)?.to_owned();
            let mut range = None;
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).ok()?;
                let header = header.trim().to_ascii_lowercase();
                if header.is_empty() {
                    break;
                }
                range = range.or(header.strip_prefix("range: bytes=").and_then(bounds));
            }
            let answer = self.answer(&target, range)?;
            stream.write_all(&answer.bytes).ok()?;
            if let Some((pause, rest)) = answer.rest {
                thread::sleep(pause);
                stream.write_all(&rest).ok()?;
            }
            if answer.hang_up {
                return None;
            }
        }
    }

    fn answer(&self, target: &str, range: Option<(usize, usize)>) -> Option<Answer> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = unescaped(path.trim_start_matches('/'), false);
        let (_, key) = path.split_once('/').unwrap_or((&path, ""));
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.into_iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| unescaped(value, true))
        };
        let list = value("list-type").is_some();
        let mut requests = self.requests.lock().unwrap();
        let request = Request {
            kind: match (list, value("delimiter").is_some()) {
                (true, true) => "folders",
                (true, false) => "list",
                _ => "get",
            },
            key: value("prefix").filter(|_| list).unwrap_or(key.to_owned()),
            start_after: value("start-after").unwrap_or_default(),
            token: value("continuation-token").unwrap_or_default(),
            range,
            number: requests.len() + 1,
        };
        requests.push(request.clone());
        drop(requests);
        let act = (self.rule)(&request);
        let encode = self.habits.encodes && value("encoding-type").is_some();
        let most = value("max-keys").and_then(|most| most.parse().ok());
        match &act {
            Act::HangUp => return None,
            Act::Instead(status, body) => {
                return Some(Answer::new(*status, "", body.as_bytes(), &Act::Answer));
            }
            Act::Wait(pause) => thread::sleep(*pause),
            _ => {}
        }
        Some(if list {
            let body = self.list(&request, most.unwrap_or(1000), encode, &act);
            Answer::new(200, "", body.as_bytes(), &act)
        } else {
            self.get(&request, &act)
        })
    }

    fn get(&self, request: &Request, act: &Act) -> Answer {
        let at = self.bucket.first(|key| key < request.key.as_str());
        let found = (at < self.bucket.count).then(|| (self.bucket.object)(at));
        let Some(object) = found.filter(|object| object.key == request.key) else {
            let Act::Instead(status, body) = error(404, "NoSuchKey", "no such key") else {
                unreachable!()
            };
            return Answer::new(status, "", body.as_bytes(), &Act::Answer);
        };
        let size = object.body.len();
        let tag = "ETag: \"0123\"\r\n";
        match request.range.filter(|_| !matches!(act, Act::Whole)) {
            Some((from, _)) if from >= size => Answer::new(
                416,
                "",
                b"<Error><Code>InvalidRange</Code></Error>",
                &Act::Answer,
            ),
            Some((from, to)) => {
                let to = to.min(size - 1);
                let head = format!("{tag}Content-Range: bytes {from}-{to}/{size}\r\n");
                Answer::new(206, &head, &object.body[from..=to], act)
            }
            None => Answer::new(200, tag, &object.body, act),
        }
    }

    /// A page of ListObjectsV2.
    fn list(&self, request: &Request, most: usize, encode: bool, act: &Act) -> String {
        let most = most.min(self.habits.page);
        let prefix = request.key.as_str();
        let folders = request.kind == "folders";
        let token = untoken(&request.token);
        let told = |key: &str| {
            key < prefix
                || key <= request.start_after.as_str()
                || key <= token.as_str()
                || (folders && !token.is_empty() && key.starts_with(&token))
        };
        let mut at = self.bucket.first(told);
        let mut entries: Vec<(String, Option<Object>)> = Vec::new();
        while at < self.bucket.count && entries.len() < most {
            let object = (self.bucket.object)(at);
            let Some(rest) = object.key.strip_prefix(prefix) else {
                break;
            };
            match rest.find('/').filter(|_| folders) {
                Some(end) => {
                    let folder = object.key[..prefix.len() + end + 1].to_owned();
                    at = self
                        .bucket
                        .first(|key| key < folder.as_str() || key.starts_with(&folder));
                    entries.push((folder, None));
                }
                None => {
                    at += 1;
                    entries.push((object.key.clone(), Some(object)));
                }
            }
        }
        let more = at < self.bucket.count && (self.bucket.object)(at).key.starts_with(prefix);
        let last = entries.last().map(|(key, _)| key.clone());
        if matches!(act, Act::Reversed) {
            entries.reverse();
        }
        let next = last.filter(|_| more).map(|last| self.token(&last));
        page(&entries, next.as_deref(), encode)
    }

    fn token(&self, last: &str) -> String {
        let strange = if self.habits.strange_tokens {
            "1/+= &<ü%2B>\""
        } else {
            "t"
        };
        format!("{strange}|{last}")
    }
}

fn untoken(token: &str) -> String {
    token
        .split_once('|')
        .map_or(String::new(), |(_, last)| last.to_owned())
}

fn page(entries: &[(String, Option<Object>)], next: Option<&str>, encode: bool) -> String {
    let mut body = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>",
    );
    if encode {
        body += "<EncodingType>url</EncodingType>";
    }
    body += &format!("<IsTruncated>{}</IsTruncated>", next.is_some());
    if let Some(next) = next {
        body += &format!(
            "<NextContinuationToken>{}</NextContinuationToken>",
            xml(next)
        );
    }
    for (name, object) in entries {
        let name = if encode { escaped(name) } else { xml(name) };
        match object {
            Some(object) => {
                let time = jiff::Timestamp::from_second(object.modified).unwrap();
                let size = object.size;
                body += &format!(
                    "<Contents><Key>{name}</Key><LastModified>{time}</LastModified><ETag>&quot;0123&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                );
            }
            None => body += &format!("<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"),
        }
    }
    body + "</ListBucketResult>"
}

struct Answer {
    bytes: Vec<u8>,
    /// What is sent after a pause.
    rest: Option<(Duration, Vec<u8>)>,
    hang_up: bool,
}

impl Answer {
    fn new(status: u16, headers: &str, body: &[u8], act: &Act) -> Self {
        let length = body.len();
        let kind = if body.starts_with(b"<html") {
            "text/html"
        } else {
            "application/xml"
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nContent-Type: {kind}\r\n{headers}\r\n"
        );
        let mut bytes = head.into_bytes();
        let (now, rest) = match act {
            Act::Cut(sent) => (body.get(..*sent).unwrap_or(body), None),
            Act::Slow(pause) => {
                let (now, later) = body.split_at(length / 2);
                (now, Some((*pause, later.to_vec())))
            }
            _ => (body, None),
        };
        bytes.extend_from_slice(now);
        Self {
            bytes,
            rest,
            hang_up: matches!(act, Act::Cut(_)),
        }
    }
}

fn bounds(text: &str) -> Option<(usize, usize)> {
    let (from, to) = text.split_once('-')?;
    Some((from.parse().ok()?, to.parse().unwrap_or(usize::MAX)))
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// As AWS writes keys under `encoding-type=url`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push('+'),
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

fn unescaped(text: &str, plus: bool) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' if plus => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}
