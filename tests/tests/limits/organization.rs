//! Scans of organizations of different sizes.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use plumbline_tests::environment::TestAccount;
use plumbline_tests::large_account::{Faults, LargeAccount, Resources};
use plumbline_tests::programs::{environment, isolated, program};

/// The peak memory of a process, in MiB, and its exit status. It is read until the process ends.
fn peak_memory(mut child: Child) -> (u64, Option<i32>) {
    let file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or_default() / 1_024);
        if let Some(ended) = child.try_wait().expect("it can be waited for") {
            return (peak, ended.code());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The memory, in MiB, of a scan of this number of accounts in 17 Regions into a folder.
fn memory_of_a_scan(accounts: usize) -> u64 {
    let resources = Resources { members: accounts, keys: 5, groups: 20, ..Resources::default() };
    let large = LargeAccount::start(resources, Faults::default());
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = isolated(program("plumbline"));
    let account = TestAccount { id: LargeAccount::ID.to_owned() };
    command.envs(environment(&account, "us-east-1"));
    command.env("AWS_ENDPOINT_URL", large.endpoint()).env("RUST_LOG", "error");
    command.args(["scan", "--organization", "--role-name", "audit", "--quiet"]);
    command.args(["--control", "3.8,5.2,5.3"]).arg("--output-dir").arg(folder.path());
    command.stdout(Stdio::null()).stderr(Stdio::inherit());
    let begun = Instant::now();
    let (peak, code) = peak_memory(command.spawn().expect("plumbline starts"));
    assert_eq!(code, Some(0));
    let files = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, accounts + 1, "a report of each, and the index");
    eprintln!("{accounts} accounts: {:.1} s, {peak} MiB", begun.elapsed().as_secs_f64());
    peak
}

#[test]
#[ignore = "cargo xtask test --limits --nightly"]
fn memory_does_not_grow_with_the_accounts_nightly() {
    let (few, many) = (memory_of_a_scan(48), memory_of_a_scan(480));
    assert!(many < few + 100 && many < 600, "{few} MiB, {many} MiB");
}
