//! `deploy --code`: the zip file with the function code.

use plumbline_tests::checks::assert_error;
use plumbline_tests::http_server::{Certificate, HttpAnswer, HttpServer, ListenerOptions, Reply};
use plumbline_tests::programs::{environment, isolated, plumbline_as, program, stderr, stdout};
use sha2::{Digest, Sha256};

use super::{Code, HOME, account};

#[test]
fn the_code_can_have_a_url() {
    let (account, code) = (account(), Code::new("1"));
    let content = std::fs::read(&code.file).expect("a bundle");
    let digest =
        Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let certificate = Certificate::new();
    let trusted = certificate.file();
    let options = ListenerOptions { certificate: Some(certificate), ..ListenerOptions::default() };
    let server = HttpServer::start(options, move |request| {
        let redirect = |target: &str| HttpAnswer {
            status: 302,
            headers: vec![("location".to_owned(), target.to_owned())],
            body: Vec::new(),
        };
        Reply::Whole(match (request.target.as_str(), request.header("host")) {
            ("/latest.zip", Some(host)) => redirect(&format!("https://{host}/code.zip")),
            ("/relative.zip", _) => redirect("code.zip"),
            ("/absolute.zip", _) => redirect("/code.zip"),
            ("/nowhere.zip", _) => redirect("https://"),
            ("/loop.zip", Some(host)) => redirect(&format!("https://{host}/loop.zip")),
            ("/weak.zip", Some(host)) => redirect(&format!("http://{host}/code.zip")),
            ("/code.zip", _) => HttpAnswer::new("application/zip", content.clone()),
            _ => HttpAnswer::new("text/plain", "nothing here").with_status(404),
        })
    });
    let deploy = |name: &str, digest: &str| {
        let url = format!("{}/{name}", server.endpoint());
        let mut command = isolated(program("plumbline"));
        command.envs(environment(&account, HOME)).env("SSL_CERT_FILE", &trusted);
        command.args(["deploy", "--single-account", "--dry-run", "--region", HOME, "--code", &url]);
        if !digest.is_empty() {
            command.args(["--code-sha256", digest]);
        }
        command.output().expect("plumbline starts")
    };
    for redirecting in ["latest.zip", "relative.zip", "absolute.zip"] {
        let plan = stdout(&deploy(redirecting, &digest), 0);
        assert!(plan.contains("Single account"), "{redirecting}: {plan}");
    }
    assert_error(&deploy("code.zip", ""), 2, "requires the digest");
    assert_error(&deploy("code.zip", &"0".repeat(64)), 2, "the SHA-256 digest of");
    let line = stderr(&deploy("code.zip", &format!("{digest}  code.zip")), 2);
    assert!(line.contains("give the 64 hexadecimal digits"), "{line}");
    assert_error(&deploy("nowhere.zip", &digest), 3, "which is invalid");
    assert_error(&deploy("none.zip", &digest), 3, "the server returned status 404");
    assert_error(&deploy("loop.zip", &digest), 3, "more than 5 redirects");
    assert_error(&deploy("weak.zip", &digest), 3, "is not an HTTPS URL");
    let closed = ["--code", "http://127.0.0.1:9/a.zip", "--code-sha256", &digest];
    let plan = ["deploy", "--single-account", "--dry-run"];
    let output = plumbline_as(&account, &[&plan[..], &closed].concat());
    assert_error(&output, 3, "cannot download 'http://127.0.0.1:9/a.zip'");
    let other = ["--code", "ftp://127.0.0.1/a.zip", "--code-sha256", &digest];
    let output = plumbline_as(&account, &[&plan[..], &other].concat());
    assert_error(&output, 3, "it is not an HTTPS or HTTP URL");

    // An invalid variable ends the program: requests do not go another way.
    for (variable, value) in [
        ("HTTPS_PROXY", "socks5://127.0.0.1:9"),
        ("SSL_CERT_FILE", "/none/certificates.pem"),
        ("SSL_CERT_FILE", ""),
    ] {
        let mut command = isolated(program("plumbline"));
        command.envs(environment(&account, HOME)).env(variable, value).args(["scan"]);
        let output = command.output().expect("plumbline starts");
        assert_error(&output, 2, &format!("the environment variable {variable} is invalid"));
    }
}
