//! `cargo xtask screenshot`: the pictures of the report and of the terminal in `docs/images`, from
//! the sample account, so that they never show an older program.

mod terminal;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::environment::{cargo, target};
use crate::root;

/// The folder of the pictures, below the root.
const IMAGES: &str = "docs/images";

/// Width and height of the pictures of the report, in pixels.
const SIZE: (u32, u32) = (1_280, 900);

/// The most bytes of a picture.
const LIMIT: u64 = 200_000;

/// Columns of the terminal.
const COLUMNS: &str = "110";

/// The colors that a reader prefers, by the number that Chromium gives them.
const COLORS: [(&str, u8); 2] = [("dark", 0), ("light", 1)];

/// Takes all pictures.
pub(crate) fn take() -> anyhow::Result<()> {
    let images = root()?.join(IMAGES);
    std::fs::create_dir_all(&images)?;
    let folder = target()?.join("screenshot");
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let page = folder.join("report.html");
    plumbline(&["--format", &format!("html={}", page.display())])?;
    for (name, colors) in COLORS {
        let picture = images.join(format!("report-{name}.png"));
        photograph(&page, colors, &folder.join("profile"), &picture)?;
        written(&picture)?;
    }
    let output = plumbline(&["--severity", "critical", "--color", "always"])?;
    let picture = images.join("terminal.svg");
    std::fs::write(
        &picture,
        terminal::picture("plumbline scan --sample --severity critical", &output),
    )?;
    written(&picture)
}

/// What a scan of the sample account prints.
fn plumbline(arguments: &[&str]) -> anyhow::Result<String> {
    let run = ["run", "--quiet", "--package", "plumbline-cli", "--no-default-features", "--"];
    let output = cargo(&run)?
        .args(["scan", "--sample", "--no-config"])
        .args(arguments)
        .env("COLUMNS", COLUMNS)
        .env_remove("NO_COLOR")
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "plumbline scan ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// Takes a picture of a page with Chromium.
fn photograph(page: &Path, colors: u8, profile: &Path, picture: &Path) -> anyhow::Result<()> {
    let (width, height) = SIZE;
    let output = Command::new("chromium")
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--blink-settings=preferredColorScheme={colors}"))
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .context("cannot start chromium; apt-get install chromium")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Checks the size of a picture and reports it.
fn written(picture: &Path) -> anyhow::Result<()> {
    let size = std::fs::metadata(picture)?.len();
    ensure!(size <= LIMIT, "{} has {size} bytes; {LIMIT} are allowed", picture.display());
    println!("wrote {}, {size} bytes", picture.display());
    Ok(())
}
