//! Chromium without a window, driven by the WebDriver protocol.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The Debian packages with Chromium and its driver.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// The width and height of a phone.
pub const PHONE: (u32, u32) = (390, 844);
/// The width and height of a screen.
pub const SCREEN: (u32, u32) = (1_280, 900);

/// How a page is shown.
#[derive(Clone, Copy, Debug)]
pub struct PageView {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Whether the reader prefers dark colors.
    pub dark: bool,
    /// Whether scripts of pages run.
    pub scripts: bool,
}

impl Default for PageView {
    fn default() -> Self {
        Self { size: SCREEN, dark: false, scripts: true }
    }
}

/// `chromedriver`.
pub struct Browser {
    process: Child,
    address: String,
}

/// Whether a program exists, in the search path or in the folder of GitHub's runners.
fn driver() -> Option<PathBuf> {
    let elsewhere = std::env::var_os("CHROMEWEBDRIVER");
    let elsewhere = elsewhere.map(|folder| Path::new(&folder).join("chromedriver"));
    [Some(PathBuf::from("chromedriver")), elsewhere]
        .into_iter()
        .flatten()
        .find(|program| Command::new(program).arg("--version").output().is_ok())
}

impl Browser {
    /// Starts Chromium. If it is missing, its Debian packages are installed. Returns nothing if
    /// that fails, which is an error in CI.
    pub fn start() -> Option<Self> {
        let program = driver().or_else(|| {
            let install = ["install", "-y", "--no-install-recommends"];
            let _ = Command::new("apt-get").args(install).args(PACKAGES).output();
            driver()
        });
        let Some(program) = program else {
            assert!(std::env::var_os("CI").is_none(), "CI has no chromedriver");
            println!("skipped: no Chromium; apt-get install {}", PACKAGES.join(" "));
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr());
        let port = port.expect("a free port").port();
        let mut process = Command::new(program)
            .arg(format!("--port={port}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let output = process.stdout.take().expect("its output");
        let lines = BufReader::new(output).lines();
        let started = lines.map_while(Result::ok).any(|line| line.contains("started successfully"));
        assert!(started, "chromedriver starts");
        Some(Self { process, address: format!("http://127.0.0.1:{port}") })
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.address);
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.post(&url).send_json(body).expect("chromedriver answers");
        // A print of a long page is larger than other answers.
        let answer: Value =
            answer.body_mut().with_config().limit(100_000_000).read_json().expect("JSON");
        assert!(answer["value"]["error"].is_null(), "{path}: {}", answer["value"]);
        answer["value"].clone()
    }

    /// Opens a page.
    pub fn open(&self, page: &Path, view: PageView) -> Window<'_> {
        let (width, height) = view.size;
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu"],
            // The size of a window has a lower limit; that of an emulated device has none.
            "mobileEmulation": { "deviceMetrics": { "width": width, "height": height,
                "pixelRatio": 1.0, "touch": false, "mobile": width < 500 } },
            "prefs": { "profile.managed_default_content_settings.javascript":
                if view.scripts { 1 } else { 2 } }
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" } } } });
        let session = self.post("/session", &wanted)["sessionId"].clone();
        let session = session.as_str().expect("a session").to_owned();
        let window = Window { browser: self, session };
        let scheme = if view.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        window.command("Emulation.setEmulatedMedia", json!({ "features": features }));
        window.call("url", json!({ "url": format!("file://{}", page.display()) }));
        window
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A window with a page.
pub struct Window<'a> {
    browser: &'a Browser,
    session: String,
}

impl Window<'_> {
    fn call(&self, path: &str, body: Value) -> Value {
        self.browser.post(&format!("/session/{}/{path}", self.session), &body)
    }

    /// The answer to a DevTools command.
    fn command(&self, command: &str, parameters: Value) -> Value {
        self.call("goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// Runs statements in the page, and returns their result.
    pub fn run(&self, script: &str) -> Value {
        self.call("execute/sync", json!({ "script": script, "args": [] }))
    }

    /// The value of an expression in the page.
    pub fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression};"))
    }

    /// The value of a promise in the page.
    pub fn settled(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; ({promise}).then(done, (error) => done(String(error)));"
        );
        self.call("execute/async", json!({ "script": script, "args": [] }))
    }

    /// Presses the tab key.
    pub fn press_tab(&self) {
        const TAB: u32 = 9;
        let key = |kind: &str| {
            let name = "Tab";
            json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": TAB })
        };
        self.command("Input.dispatchKeyEvent", key("rawKeyDown"));
        self.command("Input.dispatchKeyEvent", key("keyUp"));
    }

    /// The messages of the browser about the page: script errors, violations of the policy.
    pub fn complaints(&self) -> Value {
        self.call("se/log", json!({ "type": "browser" }))
    }

    /// The printed page, a PDF.
    pub fn print(&self) -> Vec<u8> {
        let pdf = self.call("print", json!({}));
        STANDARD.decode(pdf.as_str().expect("a text")).expect("a PDF")
    }

    /// Writes a screenshot to a file.
    pub fn save_picture(&self, file: &Path) {
        let picture = self.command("Page.captureScreenshot", json!({ "format": "png" }));
        let data = STANDARD.decode(picture["data"].as_str().expect("a picture"));
        std::fs::write(file, data.expect("a picture")).expect("written");
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let url = format!("{}/session/{}", self.browser.address, self.session);
        let _ = ureq::delete(&url).call();
    }
}
