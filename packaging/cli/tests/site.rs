//! The documentation site: its page of the command line is what the program says, and its shell
//! commands that take no AWS account run.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test ends at what is wrong, and prints what it leaves out"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[path = "../../../tests/src/pages.rs"]
#[allow(unreachable_pub, reason = "another package has it too")]
mod pages;

use pages::Block;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All pages with their blocks.
fn site() -> Vec<(String, Vec<Block>)> {
    pages::pages(&root()).into_iter().map(|(path, text)| (path, pages::blocks(&text))).collect()
}

#[test]
fn the_page_of_the_command_line_is_current() {
    let program = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(["man", "--markdown"])
        .output()
        .expect("the program starts");
    let page = std::fs::read_to_string(root().join("docs/reference/cli.md")).expect("the page");
    assert!(
        page == String::from_utf8(program.stdout).expect("UTF-8"),
        "docs/reference/cli.md is not current. Run 'cargo xtask generate', and commit the page."
    );
}

#[test]
fn every_block_runs_or_states_why_not() {
    let (mut wrong, mut counts, mut left_out) = (Vec::new(), [0; 3], Vec::new());
    for (path, blocks) in site() {
        for block in blocks {
            let at = format!("{path}:{}", block.line);
            wrong.extend(block.problem().map(|problem| format!("{at}: {problem}")));
            if !block.is_shell() {
                continue;
            }
            if !is_valid(&block.text) {
                wrong.push(format!("{at}: bash cannot parse it"));
            }
            let place = if block.has("no-run") { 2 } else { usize::from(block.has("aws")) };
            counts[place] += 1;
            let reason = block.reason.unwrap_or_default();
            left_out
                .extend(block.attributes.contains(&"no-run".to_owned()).then_some((at, reason)));
        }
    }
    let [here, aws, none] = counts;
    println!("{here} blocks run without AWS, {aws} in the test environment, {none} do not run:");
    for (at, reason) in left_out {
        println!("  {at}: {reason}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(here > 0 && aws > 0, "there are such blocks");
}

/// Whether bash can parse commands.
fn is_valid(script: &str) -> bool {
    bash(&["-n"], script, Path::new(".")).status.success()
}

/// Runs bash with a script, in a folder, with the program in the search path and without any AWS.
fn bash(arguments: &[&str], script: &str, folder: &Path) -> std::process::Output {
    let program = Path::new(env!("CARGO_BIN_EXE_plumbline"));
    let mut search = program.parent().expect("a folder").as_os_str().to_owned();
    search.push(":");
    search.push(std::env::var_os("PATH").unwrap_or_default());
    let mut child = Command::new("bash")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs([("HOME", folder.as_os_str()), ("PATH", search.as_os_str())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash starts");
    let _ = child.stdin.take().expect("piped").write_all(script.as_bytes());
    child.wait_with_output().expect("bash ends")
}

#[test]
fn blocks_without_aws_run() {
    let mut run = 0;
    for (path, blocks) in site() {
        let shell: Vec<&Block> = blocks.iter().filter(|block| block.is_shell()).collect();
        // The blocks of a page with others run together, in the test environment.
        if shell.iter().all(|block| block.has("no-run")) || shell.iter().any(|it| it.has("aws")) {
            continue;
        }
        let name = path.replace(['/', '.'], "_");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("site").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let output = bash(&[], &pages::script(&blocks, &[], &[]), &folder);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{path}, {}: {error}", output.status);
        run += 1;
    }
    assert!(run > 0, "there are such pages");
}

#[test]
fn blocks_are_read_and_run_as_they_are_marked() {
    let page = "text\n\n1. A\n\n   ```sh,exit=3\n   A=1\n     (exit 3)\n   echo after\n   ```\n\n\
                ```json,file=x.json\n{\"a\": WORD, \"b\": \"WORDS\"}\n```\n<!-- not run: it \
                waits -->\n```sh,no-run\nexit 5\n```\n\n```sh\n\
                grep -q '\"a\": 7, \"b\": \"WORDS\"' x.json\nB=2\n```\n\
                ```sh,as=other\n[ \"$B$WHO\" = 2me ]\n```\n";
    let found = pages::blocks(page);
    let lines: Vec<usize> = found.iter().map(|block| block.line).collect();
    assert_eq!(lines, [5, 11, 15, 19, 23]);
    assert_eq!(found[0].text, "A=1\n  (exit 3)\necho after\n");
    assert_eq!(found[2].reason.as_deref(), Some("it waits"));
    assert!(found.iter().all(|block| block.problem().is_none()));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("blocks");
    std::fs::create_dir_all(&folder).expect("a folder");
    let run = |blocks: &[Block]| {
        let other = [("other", vec![("WHO", "me".to_owned())])];
        let script = pages::script(blocks, &[("WORD", "7".to_owned())], &other);
        bash(&[], &script, &folder)
    };
    let output = run(&found);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("after"));
    for (text, expected) in [
        ("```sh\nfalse\ntrue\n```\n", "at line 1"),
        ("```sh,exit=1\ntrue\n```\n", "exit code 0, not 1"),
        ("\n```sh\n[ \"$MISSING\" ]\n```\n", "at line 2"),
    ] {
        let output = run(&pages::blocks(text));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(expected), "{text}: {error}");
    }
    for (text, expected) in [
        ("```bash\n```", "is 'sh'"),
        ("```sh,slow\n```", "unknown"),
        ("```sh,no-run\n```", "no comment"),
        ("<!-- not run: x -->\n```sh\n```", "no attribute"),
        ("```sh,file=x\n```", "no file"),
    ] {
        let problem = pages::blocks(text)[0].problem().expect(text);
        assert!(problem.contains(expected), "{text}: {problem}");
    }
    assert!(!is_valid("if true"));
}
