//! A server with faults that a test chooses: it hangs, resets connections, and truncates or delays
//! answers. It supports TLS.

use std::borrow::Cow;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// A request.
#[derive(Debug)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as a text.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The headers, without the length of the body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// A body with a content type, and status 200.
    pub fn new(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status: 200, headers, body: body.into() }
    }

    /// A JSON document.
    pub fn json(value: &Value) -> Self {
        Self::new("application/x-amz-json-1.1", value.to_string())
    }

    /// An XML document.
    pub fn xml(body: String) -> Self {
        Self::new("text/xml", body)
    }

    /// The same with another status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// How an answer is sent.
#[derive(Clone, Debug)]
pub enum Reply {
    /// As it is.
    Whole(HttpAnswer),
    /// Half of the body; then the connection closes.
    Cut(HttpAnswer),
    /// The body byte by byte, with a pause after each.
    Trickle(HttpAnswer, Duration),
    /// No answer for this time; then the connection closes.
    Hang(Duration),
    /// No answer: the connection is reset.
    Reset,
}

/// A certificate of a test's own.
#[derive(Clone)]
pub struct Certificate {
    config: Arc<ServerConfig>,
    file: Arc<tempfile::TempDir>,
}

impl Certificate {
    /// A new one for the loopback address.
    pub fn new() -> Self {
        Self::for_names(&["127.0.0.1", "localhost"])
    }

    /// A new one for these names.
    pub fn for_names(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
        let own = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let file = tempfile::tempdir().expect("a folder");
        std::fs::write(file.path().join("ca.pem"), own.cert.pem()).expect("writes");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .expect("a certificate with its key");
        Self { config: Arc::new(config), file: Arc::new(file) }
    }

    /// The file that a program must trust, by the variable `SSL_CERT_FILE`.
    pub fn file(&self) -> PathBuf {
        Path::join(self.file.path(), "ca.pem")
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Self::new()
    }
}

/// How a server treats its connections.
#[derive(Clone)]
pub struct ListenerOptions {
    /// With TLS and this certificate.
    pub certificate: Option<Certificate>,
    /// How long an idle connection stays open.
    pub idle: Duration,
}

impl Default for ListenerOptions {
    fn default() -> Self {
        Self { certificate: None, idle: Duration::from_secs(60) }
    }
}

/// A server on loopback, with a thread for each connection.
pub struct HttpServer {
    address: SocketAddr,
    with_tls: bool,
    ends: Arc<AtomicBool>,
}

impl HttpServer {
    /// Starts to serve requests.
    pub fn start(
        connections: ListenerOptions,
        answer: impl Fn(HttpRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let ends = Arc::new(AtomicBool::new(false));
        let (answer, is_over) = (Arc::new(answer), Arc::clone(&ends));
        let with_tls = connections.certificate.is_some();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (answer, connections) = (Arc::clone(&answer), connections.clone());
                let is_over = Arc::clone(&is_over);
                std::thread::spawn(move || {
                    // A client can close the connection at any time.
                    let _ = serve(stream, &connections, &*answer, &is_over);
                });
            }
        });
        Self { address, with_tls, ends }
    }

    /// Host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as an endpoint.
    pub fn endpoint(&self) -> String {
        format!("{}://{}", if self.with_tls { "https" } else { "http" }, self.address)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

trait Duplex: Read + Write {}

impl<T: Read + Write> Duplex for T {}

fn serve(
    stream: TcpStream,
    connections: &ListenerOptions,
    answer: &dyn Fn(HttpRequest) -> Reply,
    ends: &AtomicBool,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(connections.idle))?;
    let raw = stream.try_clone()?;
    let mut stream: Box<dyn Duplex> = match &connections.certificate {
        None => Box::new(stream),
        Some(certificate) => {
            let tls = ServerConnection::new(Arc::clone(&certificate.config));
            Box::new(StreamOwned::new(tls.map_err(std::io::Error::other)?, stream))
        }
    };
    let mut pending = Vec::new();
    while !ends.load(Ordering::Relaxed) {
        let Some(request) = read(&mut *stream, &mut pending)? else { return Ok(()) };
        match answer(request) {
            Reply::Whole(answer) => {
                let bytes = [head(&answer), answer.body].concat();
                stream.write_all(&bytes)?;
                stream.flush()?;
            }
            Reply::Cut(answer) => {
                let half = &answer.body[..answer.body.len() / 2];
                stream.write_all(&[&head(&answer)[..], half].concat())?;
                return stream.flush();
            }
            Reply::Trickle(answer, pause) => {
                stream.write_all(&head(&answer))?;
                for byte in &answer.body {
                    stream.write_all(&[*byte])?;
                    stream.flush()?;
                    wait(pause, ends);
                }
            }
            Reply::Hang(time) => {
                wait(time, ends);
                return Ok(());
            }
            Reply::Reset => {
                return socket2::SockRef::from(&raw).set_linger(Some(Duration::ZERO));
            }
        }
    }
    Ok(())
}

/// Sleeps, but not beyond the end of the server.
fn wait(time: Duration, ends: &AtomicBool) {
    const STEP: Duration = Duration::from_millis(100);
    let mut left = time;
    while !left.is_zero() && !ends.load(Ordering::Relaxed) {
        sleep(left.min(STEP));
        left = left.saturating_sub(STEP);
    }
}

fn head(answer: &HttpAnswer) -> Vec<u8> {
    let HttpAnswer { status, headers, body } = answer;
    let mut head = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if *status != 204 {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// The next request of a connection; nothing if the client closed it, or was idle for too long.
fn read(stream: &mut dyn Duplex, pending: &mut Vec<u8>) -> std::io::Result<Option<HttpRequest>> {
    loop {
        if let Some(request) = parse(pending)? {
            return Ok(Some(request));
        }
        let mut buffer = [0; 16 * 1_024];
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(size) => pending.extend(&buffer[..size]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Removes the request at the beginning of the received bytes, and returns it; nothing while it is
/// incomplete.
fn parse(pending: &mut Vec<u8>) -> std::io::Result<Option<HttpRequest>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) =
        request.parse(pending).map_err(std::io::Error::other)?
    else {
        return Ok(None);
    };
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let mut read = HttpRequest {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
    };
    let length = read.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let Some(body) = pending.get(start..start + length) else { return Ok(None) };
    read.body = body.to_vec();
    pending.drain(..start + length);
    Ok(Some(read))
}
