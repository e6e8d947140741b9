//! The static program in a root directory that has no C library: it starts, resolves names, finds
//! certificates, uses a proxy, and reports what is missing.
//!
//! `chroot` and the port of the name server require root.

use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use plumbline_tests::checks::assert_error;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::http_server::{Certificate, HttpAnswer, HttpServer, ListenerOptions, Reply};
use plumbline_tests::programs::{environment, json, plumbline_as, stdout};

use super::{Machine, counts};

/// A loopback address that no other name server uses.
const NAME_SERVER: &str = "127.0.0.77";
/// Where systems keep the certificates of certificate authorities.
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";

/// A root directory with the program and a few files of `etc`.
struct Root {
    folder: tempfile::TempDir,
}

impl Root {
    fn new(program: &Path) -> Self {
        let root = Self { folder: tempfile::tempdir().expect("a folder") };
        // Without directories for temporary files, homes and devices.
        root.write("plumbline", std::fs::read(program).expect("the program"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(root.path("plumbline"), mode).expect("a mode");
        root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, content).expect("writes");
    }

    /// Runs the program in the root directory, with these variables only.
    fn run(&self, variables: &[(&str, String)], arguments: &[&str]) -> Output {
        let mut command = Command::new("/usr/sbin/chroot");
        command.arg(self.folder.path()).arg("/plumbline").args(arguments);
        command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.envs(variables.iter().cloned()).output().expect("chroot starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!text.starts_with("chroot:"), "{text}");
        output
    }
}

/// Starts a name server that knows each name ending in `.dns.test`, at the loopback address.
fn serve_names() {
    let socket = UdpSocket::bind((NAME_SERVER, 53)).expect("port 53: run the test as root");
    std::thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((size, client)) = socket.recv_from(&mut query) {
            let _ = socket.send_to(&name_answer(&query[..size]), client);
        }
    });
}

/// Returns the answer to a query with one question, which begins after 12 bytes.
fn name_answer(query: &[u8]) -> Vec<u8> {
    let end = 12 + query[12..].iter().position(|byte| *byte == 0).expect("a name") + 5;
    let is_known = query[12..end].windows(9).any(|part| part == b"\x03dns\x04test");
    // Type A of class IN.
    let has_address = is_known && query[end - 4..end] == [0, 1, 0, 1];
    let mut answer = query[..2].to_vec();
    answer.extend([0x81, if is_known { 0x80 } else { 0x83 }, 0, 1, 0, u8::from(has_address)]);
    answer.extend([0; 4]);
    answer.extend(&query[12..end]);
    if has_address {
        // The name of the question, type, class, seconds to keep it, and the address.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    answer
}

/// Variables of credentials, with an endpoint.
fn with_endpoint(endpoint: &str) -> Vec<(&'static str, String)> {
    let mut variables = environment(&TestAccount::new(), "us-east-1");
    variables.retain(|(name, _)| *name != "AWS_ENDPOINT_URL");
    variables.push(("AWS_ENDPOINT_URL", endpoint.to_owned()));
    variables
}

const SCAN: [&str; 5] = ["scan", "--control", "1.4", "--region", "us-east-1"];

#[test]
#[ignore = "PLUMBLINE_DIST=dist cargo xtask test, as root"]
fn the_static_program_needs_no_c_library() {
    let machine = Machine::new();
    let root = Root::new(&machine.archive());
    stdout(&root.run(&[], &["--version"]), 0);
    stdout(&root.run(&[], &["scan", "--sample", "--summary"]), 0);

    // The same scan as outside, with a name of the file of hosts.
    let account = TestAccount::seeded();
    root.write("etc/hosts", "127.0.0.1 aws.hosts.test\n");
    let mut variables = environment(&account, "us-east-1");
    variables.retain(|(name, _)| *name != "AWS_ENDPOINT_URL");
    let port = endpoint().rsplit(':').next().expect("a port").to_owned();
    variables.push(("AWS_ENDPOINT_URL", format!("http://aws.hosts.test:{port}")));
    let scan = ["scan", "--format", "json", "--region", "us-east-1"];
    let (inside, outside) = (root.run(&variables, &scan), plumbline_as(&account, &scan));
    assert_eq!(counts(&json(&inside, 0)), counts(&json(&outside, 0)));
}

#[test]
#[ignore = "PLUMBLINE_DIST=dist cargo xtask test, as root"]
fn the_static_program_resolves_names_and_finds_certificates() {
    serve_names();
    let machine = Machine::new();
    let root = Root::new(&machine.archive());
    let hosts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&hosts);
    let certificate = Certificate::for_names(&["aws.dns.test"]);
    let trusted = std::fs::read(certificate.file()).expect("a certificate");
    let options = ListenerOptions { certificate: Some(certificate), ..ListenerOptions::default() };
    let server = HttpServer::start(options, move |request| {
        let host = request.header("host").unwrap_or_default().to_owned();
        seen.lock().expect("not poisoned").push(host);
        Reply::Whole(HttpAnswer::new("text/xml", "").with_status(403))
    });
    let taken = || std::mem::take(&mut *hosts.lock().expect("not poisoned"));
    let variables = with_endpoint(&format!("https://aws.dns.test:{}", server.address().port()));

    // Neither a name server nor certificates.
    assert_error(&root.run(&variables, &SCAN), 3, "sts:GetCallerIdentity");
    assert_eq!(taken(), Vec::<String>::new());

    root.write("etc/resolv.conf", format!("nameserver {NAME_SERVER}\noptions timeout:1\n"));
    assert_error(&root.run(&variables, &SCAN), 3, "certificate");
    assert_eq!(taken(), Vec::<String>::new());

    root.write(CERTIFICATES, trusted);
    assert_error(&root.run(&variables, &SCAN), 3, "sts:GetCallerIdentity");
    let host = format!("aws.dns.test:{}", server.address().port());
    assert!(taken().contains(&host));

    // A name that does not exist.
    let unknown = with_endpoint("https://aws.unknown.test");
    assert_error(&root.run(&unknown, &SCAN), 3, "failed to lookup address");

    // A proxy whose name is resolved.
    let proxy = HttpServer::start(ListenerOptions::default(), |_| {
        Reply::Whole(HttpAnswer::new("text/plain", "").with_status(407))
    });
    let mut variables = with_endpoint("https://aws.unknown.test");
    let url = format!("http://proxy.dns.test:{}", proxy.address().port());
    variables.push(("HTTPS_PROXY", url));
    assert_error(&root.run(&variables, &SCAN), 3, "proxy");
}
