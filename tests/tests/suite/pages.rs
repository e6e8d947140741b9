//! The page of a scan in a real browser, on a phone and a screen, in light and dark. Pictures go to
//! the folder `pages` of cargo's target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use plumbline_tests::browser::{Browser, PHONE, PageView, SCREEN, Window};
use plumbline_tests::checks::file;
use plumbline_tests::programs::{plumbline, stdout};
use plumbline_tests::readers::read_by_python;
use plumbline_tests::sample::sample_accounts;
use serde_json::json;

/// The four ways to view a page, each with its name.
const VIEWS: [(&str, PageView); 4] = [
    ("phone", PageView { size: PHONE, dark: false, scripts: true }),
    ("screen", PageView { size: SCREEN, dark: false, scripts: true }),
    ("phone-dark", PageView { size: PHONE, dark: true, scripts: true }),
    ("screen-dark", PageView { size: SCREEN, dark: true, scripts: true }),
];

/// The number of visible findings.
const VISIBLE: &str =
    "[...document.querySelectorAll('.finding')].filter((one) => one.checkVisibility()).length";

/// Writes the page of a scan.
fn page(folder: &tempfile::TempDir, arguments: &[&str]) -> PathBuf {
    let file = folder.path().join("page.html");
    let html = format!("html={}", file.display());
    stdout(&plumbline(&[&["scan", "--format", &html], arguments].concat()), 0);
    file
}

fn pictures() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let folder = target.join("pages");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// No page scrolls horizontally, loads external content or has broken links.
fn assert_sound(window: &Window<'_>, name: &str) {
    let root = "document.documentElement";
    assert_eq!(
        window.value(&format!("{root}.scrollWidth <= {root}.clientWidth")),
        true,
        "{name}: no sideways scrolling"
    );
    assert_eq!(window.value("document.querySelectorAll('h1').length"), 1, "{name}");
    let loaded = "performance.getEntriesByType('resource').length";
    assert_eq!(window.value(loaded), 0, "{name}: nothing is loaded");
    let lost = "[...document.querySelectorAll('a[href^=\"#\"]')].map((link) => link.hash.slice(1))\
        .filter((id) => !document.getElementById(id))";
    assert_eq!(window.value(lost), json!([]), "{name}: links lead somewhere");
    let double = "[...document.querySelectorAll('[id]')].map((one) => one.id)\
        .filter((id, place, all) => all.indexOf(id) !== place)";
    assert_eq!(window.value(double), json!([]), "{name}: each anchor is there once");
    assert_eq!(window.complaints(), json!([]), "{name}: the policy allows the page");
}

/// Fills in a field of the filter, as a user does.
fn fill(window: &Window<'_>, field: &str, value: &str) {
    window.run(&format!(
        "const field = document.querySelector('#filter [name={field}]'); field.value = {};\
         field.dispatchEvent(new Event('input', {{ bubbles: true }}));",
        json!(value)
    ));
}

fn shown(window: &Window<'_>) -> String {
    let text = window.value("document.querySelector('#filter output').value");
    text.as_str().expect("a text").to_owned()
}

#[test]
fn the_page_of_the_sample_reads_well_everywhere() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(&folder, &["--sample"]);
    for (name, view) in VIEWS {
        let window = browser.open(&page, view);
        assert_sound(&window, name);
        assert_eq!(shown(&window), "143 of 143 shown", "{name}");
        let failures = "[...document.querySelectorAll('#failures .finding')]\
            .filter((one) => one.checkVisibility()).length";
        assert_eq!(window.value(failures), 61, "{name}: every failure is seen at once");
        window.save_picture(&pictures().join(format!("{name}.png")));
        window.run("document.querySelector('#failures').scrollIntoView()");
        window.save_picture(&pictures().join(format!("{name}-failures.png")));
    }
}

#[test]
fn the_page_filters_and_sorts() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(&folder, &["--sample"]);
    let window = browser.open(&page, PageView::default());
    fill(&window, "text", "bastion");
    assert_eq!((shown(&window), window.value(VISIBLE)), ("2 of 143 shown".to_owned(), json!(2)));
    fill(&window, "status", "NON_COMPLIANT");
    assert_eq!(shown(&window), "1 of 143 shown");
    let address = window.value("location.href");
    assert!(
        address.as_str().is_some_and(|one| one.ends_with("#?text=bastion&status=NON_COMPLIANT"))
    );

    // The address contains the view: opening it shows the same.
    window.run("document.querySelector('[data-clear]').click()");
    assert_eq!(shown(&window), "143 of 143 shown");
    window.run("location.hash = '#?severity=CRITICAL&status=NON_COMPLIANT'");
    window.run("dispatchEvent(new Event('hashchange'))");
    assert_eq!(shown(&window), "4 of 143 shown");
    let controls = "[...document.querySelectorAll('#failures .group')]\
        .filter((one) => !one.hidden).map((one) => one.dataset.control)";
    assert_eq!(window.value(controls), json!(["1.4", "1.6", "2.3.3", "3.3"]));

    // 1.10 comes after 1.9, as numbers do.
    window.run("document.querySelector('[data-clear]').click()");
    fill(&window, "sort", "control");
    let controls = window.value(controls);
    let numbers: Vec<Vec<u32>> = controls
        .as_array()
        .expect("a list")
        .iter()
        .map(|id| id.as_str().expect("a text").split('.').map(|n| n.parse().expect("a number")))
        .map(Iterator::collect)
        .collect();
    assert!(numbers.is_sorted() && numbers.len() == 51, "{numbers:?}");
    assert_eq!(window.complaints(), json!([]));
}

#[test]
fn anchors_open_what_contains_them() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(&folder, &["--sample"]);
    let window = browser.open(&page, PageView::default());
    let passed = window.value("document.querySelector('#passed .finding').id");
    let passed = passed.as_str().expect("an id");
    let is_seen = format!("document.getElementById('{passed}').checkVisibility()");
    assert_eq!(window.value(&is_seen), false, "what passed is closed");
    // A filter that hides the target is cleared.
    fill(&window, "status", "NON_COMPLIANT");
    window.run(&format!("location.hash = '#{passed}'; dispatchEvent(new Event('hashchange'))"));
    assert_eq!(window.value(&is_seen), true);
    assert_eq!(window.value("document.getElementById('c-5.2').dataset.severity"), "HIGH");
}

/// Every element can be reached and used with the keyboard.
#[test]
fn the_keyboard_reaches_every_control() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(&folder, &["--sample", "--control", "5.2", "--control", "1.4"]);
    let window = browser.open(&page, PageView::default());
    window.run(
        "window.reached = new Set(); document.addEventListener('focusin', (event) => \
         reached.add(event.target));",
    );
    let usable = "[...document.querySelectorAll('a, button, select, input, summary')]\
        .filter((one) => one.checkVisibility())";
    let count = window.value(&format!("{usable}.length")).as_u64().expect("a number");
    for _ in 0..count + 2 {
        window.press_tab();
    }
    let missed = format!("{usable}.filter((one) => !reached.has(one)).map((one) => one.outerHTML)");
    assert_eq!(window.value(&missed), json!([]));
    assert!(count > 20, "{count}");
}

#[test]
fn commands_are_copied_or_selected() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(&folder, &["--sample", "--control", "5.2"]);
    let window = browser.open(&page, PageView::default());
    // If the page cannot write to the clipboard, it selects the text.
    window.run("navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));");
    window.run("document.querySelectorAll('#failures details').forEach((one) => one.open = true);");
    window.run(
        "[...document.querySelectorAll('button')].find((one) => one.textContent === 'Copy')\
         .click();",
    );
    let selected = window.settled(
        "new Promise((done) => setTimeout(() => done(\
         getSelection().toString()), 50))",
    );
    assert!(selected.as_str().is_some_and(|text| text.contains("aws ec2")), "{selected}");
}

#[test]
fn without_scripts_the_page_is_whole() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(&folder, &["--sample"]);
    let window = browser.open(&page, PageView { scripts: false, ..PageView::default() });
    // The driver can still run scripts; the page itself ran none.
    assert_eq!(window.value("document.querySelector('#filter').hidden"), true);
    let failures = "[...document.querySelectorAll('#failures .finding')]\
        .filter((one) => one.checkVisibility()).length";
    assert_eq!(window.value(failures), 61);
}

#[test]
fn everything_is_printed() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(&folder, &["--sample"]);
    // Browsers support different ways, with and without scripts.
    for scripts in [true, false] {
        let window = browser.open(&page, PageView { scripts, ..PageView::default() });
        let pdf = folder.path().join("page.pdf");
        std::fs::write(&pdf, window.print()).expect("written");
        let text = read_by_python(
            // Fonts print "ff" as one letter.
            "import sys, pypdf, unicodedata\nfor page in pypdf.PdfReader(sys.argv[1]).pages:\n \
             print(unicodedata.normalize('NFKC', page.extract_text()))",
            &pdf,
        );
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("attested by Cloud Security"), "{scripts}: {text}");
        let ids = window
            .value("[...document.querySelectorAll('.finding')].map((one) => one.id).join(' ')");
        let ids: Vec<&str> = ids.as_str().expect("a text").split(' ').collect();
        // A name in a narrow column can be printed in two lines.
        let text = text.replace(' ', "");
        let missing: Vec<&&str> = ids.iter().filter(|id| !text.contains(**id)).collect();
        assert!(missing.is_empty() && ids.len() == 143, "{scripts}: {missing:?}");
    }
}

/// axe-core reports no violations of contrast, names, roles and order.
#[test]
fn the_page_is_accessible() {
    let Some(browser) = Browser::start() else { return };
    let Some(axe) = axe_core() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page =
        page(&folder, &["--snapshot", &file(&folder, "two.json", &sample_accounts(2).to_string())]);
    for (name, view) in VIEWS {
        let window = browser.open(&page, view);
        window.run("document.querySelectorAll('details').forEach((one) => one.open = true);");
        window.run(&axe);
        let violations = window.settled(
            "axe.run({ resultTypes: ['violations'] }).then(({ violations, passes }) => [violations\
             .map(({ id, nodes }) => [id, nodes.length, nodes[0].html]), passes.length])",
        );
        assert_eq!(violations[0], json!([]), "{name}");
        assert!(violations[1].as_u64().is_some_and(|passes| passes > 15), "{name}: {violations}");
    }
}

/// The script of axe-core, from npm.
fn axe_core() -> Option<String> {
    const VERSION: &str = "4.14.1";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-core-{VERSION}"));
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        std::fs::create_dir_all(&folder).expect("a folder");
        let pack = format!("axe-core@{VERSION}");
        let packed = Command::new("npm").args(["pack", &pack]).current_dir(&folder).output();
        let archive = format!("axe-core-{VERSION}.tgz");
        let unpacked = packed.is_ok_and(|packed| packed.status.success())
            && Command::new("tar")
                .args(["-xzf", &archive])
                .current_dir(&folder)
                .status()
                .is_ok_and(|status| status.success());
        if !unpacked {
            assert!(std::env::var_os("CI").is_none(), "CI cannot get {pack}");
            println!("skipped: npm cannot get {pack}");
            return None;
        }
    }
    Some(std::fs::read_to_string(script).expect("the script"))
}

/// Values from AWS stay text.
#[test]
fn hostile_names_stay_text() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = "</script><script>document.title='x'</script>\"'>\u{202e}\n<img src=x \
        onerror=alert(1)><style>*{display:none}</style>";
    let register = json!({ "schema": 1, "exceptions": [{ "control": "5.2", "accounts": ["*"],
        "resources": ["*"], "reason": hostile, "approved_by": hostile, "until": "2026-12-31" }],
        "attestations": [{ "control": "1.3", "accounts": ["*"], "verdict": "compliant",
            "by": hostile, "on": "2026-01-01", "until": "2026-12-31",
            "evidence": "javascript:alert(1)" }] });
    let register = file(&folder, "register.json", &register.to_string());
    let page = page(&folder, &["--sample", "--register", &register]);
    let window = browser.open(&page, PageView::default());
    assert_sound(&window, "hostile");
    assert_eq!(window.value("document.title"), "Plumbline: CIS AWS Foundations 1.5.0");
    let elements = "[document.images, document.scripts, document.querySelectorAll('style')]\
        .map((list) => list.length)";
    assert_eq!(window.value(elements), json!([0, 1, 1]));
    let text = window.value("document.getElementById('waived').textContent");
    let text = text.as_str().expect("a text");
    assert!(text.contains("<script>") && text.contains("u{202e}"), "{text}");
    let links = "[...document.links].filter((link) => link.protocol !== 'file:').length";
    assert_eq!(window.value(links), 0);
}

/// What changed since an earlier scan, and a link to the whole report.
#[test]
fn the_page_shows_what_changed_and_where_the_rest_is() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let old = folder.path().join("old.json").display().to_string();
    let json = format!("json={old}");
    stdout(&plumbline(&["scan", "--sample", "--register", "none", "--format", &json]), 0);
    let whole = folder.path().join("scan (1).json");
    let json = format!("json={}", whole.display());
    let page = page(&folder, &["--sample", "--since", &old, "--format", &json]);
    let window = browser.open(&page, PageView::default());
    assert_sound(&window, "since");
    let since = window.value("document.getElementById('since').textContent");
    let since = since.as_str().expect("a text");
    assert!(since.contains("0 broken") && since.contains("2 waived"), "{since}");
    let marked = "[...document.querySelectorAll('#waived .finding > summary')]\
        .filter((one) => one.textContent.includes('waived since 2026-03-02')).length";
    assert_eq!(window.value(marked), 2);
    let link = window.value("document.querySelector('footer a').href");
    let beside = format!("file://{}/scan%20%281%29.json", folder.path().display());
    assert_eq!(link, json!(beside));
    let digest = Command::new("sha256sum").arg(&whole).output().expect("sha256sum starts");
    let digest = String::from_utf8_lossy(&digest.stdout)[..64].to_owned();
    let foot = window.value("document.querySelector('footer').textContent");
    assert!(foot.as_str().is_some_and(|foot| foot.contains(&digest)), "{foot} {digest}");
}

/// Fifty accounts: the grid is a list on a phone, and the page states what it omits.
#[test]
fn many_accounts_have_a_page_that_opens_quickly() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(
        &folder,
        &["--snapshot", &file(&folder, "many.json", &sample_accounts(50).to_string())],
    );
    let size = std::fs::metadata(&page).expect("a file").len();
    assert!(size < 3_000_000, "{size} bytes");
    for (name, size) in [("accounts-phone", PHONE), ("accounts-screen", SCREEN)] {
        let window = browser.open(&page, PageView { size, ..PageView::default() });
        assert_sound(&window, name);
        assert_eq!(window.value("document.querySelectorAll('.grid tbody tr').length"), 250);
        let foot = window.value("document.querySelector('footer').textContent");
        assert!(foot.as_str().is_some_and(|foot| foot.contains("This page leaves out")), "{foot}");
        window.run("document.getElementById('accounts').scrollIntoView()");
        window.save_picture(&pictures().join(format!("{name}.png")));
    }
}
