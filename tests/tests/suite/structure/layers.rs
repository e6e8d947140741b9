//! The imports that files of a package may have, as tables: a line imports only from the lines
//! above it.

use super::allowed::{Findings, compare};
use super::imports::{Arrows, arrows};
use super::source::sources;

/// The layers of a package.
struct Layers {
    /// Where its files are.
    folder: &'static str,
    /// The folder that the table covers, with `/`; empty for all of them.
    within: &'static str,
    /// Files, and folders (which end with `/`), whose files may import each other.
    lines: &'static [&'static [&'static str]],
}

const CORE: Layers = Layers {
    folder: "common/core/src",
    within: "",
    lines: &[
        &["automaton/"],
        &["aws.rs", "document.rs", "time.rs", "text.rs", "item.rs", "glob/"],
        &["availability.rs", "benchmark.rs", "aws_cli.rs"],
        &["crosswalk.rs"],
        &["answer.rs", "evidence.rs"],
        &["operation.rs", "operation/"],
        &["facts/"],
        &["fact.rs", "evaluation.rs", "parameters/"],
        &["view.rs", "fix/"],
        &["resources/"],
        &["register/"],
        &["example.rs"],
        &["assess.rs"],
        &["control.rs"],
        &["engine.rs", "remediation.rs"],
        &["finding.rs", "snapshot.rs", "event.rs"],
        &["scan_report/", "coverage/", "prelude.rs"],
        &["policy/", "filter/"],
        &["lib.rs"],
    ],
};

const CORE_POLICY: Layers = Layers {
    folder: "common/core/src",
    within: "policy/",
    lines: &[
        &["actions.rs", "error.rs"],
        &["condition.rs", "json.rs"],
        &["document.rs"],
        &["parse.rs", "coverage.rs"],
        &["denial.rs", "deny_http.rs", "full_admin.rs", "public.rs", "publish.rs"],
        &["mod.rs"],
    ],
};

const CORE_FILTER: Layers = Layers {
    folder: "common/core/src",
    within: "filter/",
    lines: &[
        &["number.rs", "text.rs", "cloudtrail.rs", "solve.rs"],
        &["regex.rs"],
        &["syntax.rs"],
        &["pattern.rs"],
        &["parse.rs", "event.rs"],
        &["evaluate.rs", "require.rs"],
        &["model/", "lifelike.rs"],
        &["cover.rs"],
        &["known.rs"],
        &["mod.rs"],
    ],
};

const CLI: Layers = Layers {
    folder: "packaging/cli/src",
    within: "",
    lines: &[
        &["error.rs", "terminal.rs", "suggestions.rs", "help.rs"],
        &["arguments.rs"],
        &["inputs.rs"],
        &["accounts.rs", "configuration.rs", "selection.rs", "sample.rs"],
        &["output.rs", "comparison/"],
        &["runtime.rs", "evaluate/"],
        &["formats/"],
        &["fixes/"],
        &["commands/"],
        &["main.rs"],
    ],
};

const DEPLOY: Layers = Layers {
    folder: "packaging/deploy/src",
    within: "",
    lines: &[
        &["error.rs", "guardrails/mod.rs"],
        &["guardrails/tags.rs", "services.rs"],
        &["stack.rs", "place.rs"],
        &["wanted_pack.rs"],
        &["pack.rs"],
        &["aws/", "governed.rs"],
        &["target.rs", "deployed.rs", "guardrails/networks.rs", "guardrails/requests.rs"],
        &["canary.rs"],
        &["central.rs"],
        &["reconcile.rs"],
        &["parameters.rs", "former.rs"],
        &["exclusions.rs"],
        &["guardrails/denials.rs"],
        &["members.rs"],
        &[
            "deployed_stacks.rs",
            "removed_regions.rs",
            "daily_check.rs",
            "registers.rs",
            "pack_states.rs",
        ],
        &["state.rs"],
        &["own.rs"],
        &["coverage.rs", "canary_plan.rs"],
        &["regions.rs", "only_code.rs"],
        &["plan.rs", "apply/", "remove.rs"],
        &["report.rs"],
        &["lib.rs"],
    ],
};

impl Layers {
    /// The line and the place in it of a file.
    fn place(&self, file: &str) -> Option<(usize, usize)> {
        self.lines.iter().enumerate().find_map(|(line, entries)| {
            let holds =
                |entry: &&str| *entry == file || entry.ends_with('/') && file.starts_with(*entry);
            Some((line, entries.iter().position(holds)?))
        })
    }

    /// Arrows that do not point upwards, and files that are in no line.
    fn wrong(&self, arrows: &Arrows) -> Findings {
        let mut wrong = Findings::new();
        let here = format!("{}/{}", self.folder, self.within);
        let here = here.trim_end_matches('/');
        for (file, targets) in arrows {
            let Some(file) = file.strip_prefix(self.within) else { continue };
            let Some(from) = self.place(file) else {
                wrong.insert(format!("{here}/{file} is in no layer"), 1);
                continue;
            };
            for target in targets.iter().filter_map(|target| target.strip_prefix(self.within)) {
                let upwards = self.place(target).is_none_or(|to| to.0 < from.0 || to == from);
                if !upwards {
                    wrong.insert(format!("{here}/{file} -> {target}"), 1);
                }
            }
        }
        wrong
    }
}

/// Arrows into a command from other files, and arrows to the list of commands and to the program
/// from files other than the program.
fn wrong_commands(folder: &str, arrows: &Arrows) -> Findings {
    let command = |file: &str| -> Option<String> {
        let below = file.strip_prefix("commands/")?;
        Some(below.split('/').next().unwrap_or(below).trim_end_matches(".rs").to_owned())
    };
    let mut wrong = Findings::new();
    for (file, targets) in arrows {
        for target in targets {
            let allowed = match command(target).as_deref() {
                Some("mod") => file == "main.rs",
                Some(name) => {
                    matches!(command(file).as_deref(), Some(from) if from == name || from == "mod")
                }
                None => target != "main.rs",
            };
            if !allowed {
                wrong.insert(format!("{folder}/{file} -> {target}"), 1);
            }
        }
    }
    wrong
}

/// Arrows into a section of controls from another section, and from the shared files.
fn wrong_sections(folder: &str, arrows: &Arrows) -> Findings {
    fn section(file: &str) -> Option<&str> {
        file.split_once('/').map(|(section, _)| section)
    }
    let between = arrows.iter().flat_map(|(file, targets)| {
        let across = |target: &&String| match (section(file), section(target)) {
            (Some(from), Some(to)) => from != to && to != "shared",
            _ => false,
        };
        targets.iter().filter(across).map(move |target| (format!("{folder}/{file} -> {target}"), 1))
    });
    between.collect()
}

#[test]
fn files_import_from_the_layers_above() {
    let mut found = Findings::new();
    for layers in [CORE, CORE_POLICY, CORE_FILTER, CLI, DEPLOY] {
        let sources = sources(layers.folder);
        assert!(!sources.is_empty(), "{} has no files", layers.folder);
        found.append(&mut layers.wrong(&arrows(layers.folder, &sources)));
    }
    compare("layers", &found, "files import from files of the layers above them only");
}

#[test]
fn commands_stand_alone() {
    let found = wrong_commands(CLI.folder, &arrows(CLI.folder, &sources(CLI.folder)));
    compare("commands", &found, "nothing imports the program, its commands, or another command");
}

#[test]
fn sections_stand_alone() {
    let folder = "rules/src";
    let found = wrong_sections(folder, &arrows(folder, &sources(folder)));
    compare("sections", &found, "what several sections use is in rules/src/shared");
}

fn drawn(arrows: &[(&str, &[&str])]) -> Arrows {
    let owned = |targets: &[&str]| targets.iter().map(ToString::to_string).collect();
    arrows.iter().map(|(file, targets)| (file.to_string(), owned(targets))).collect()
}

#[test]
fn arrows_downwards_are_seen() {
    let layers =
        Layers { folder: "p", within: "", lines: &[&["a.rs", "b.rs"], &["c/"], &["lib.rs"]] };
    let arrows = drawn(&[
        ("a.rs", &["b.rs", "c/mod.rs"]),
        ("c/mod.rs", &["a.rs", "c/d.rs"]),
        ("e.rs", &["a.rs"]),
        ("lib.rs", &["c/d.rs", "e.rs"]),
    ]);
    assert_eq!(
        Vec::from_iter(layers.wrong(&arrows).into_keys()),
        ["p/a.rs -> b.rs", "p/a.rs -> c/mod.rs", "p/e.rs is in no layer"]
    );
    let below = Layers { within: "c/", lines: &[&["mod.rs"], &["d.rs"]], ..layers };
    let arrows = drawn(&[("c/mod.rs", &["c/d.rs", "a.rs"]), ("c/d.rs", &["c/mod.rs"])]);
    assert_eq!(Vec::from_iter(below.wrong(&arrows).into_keys()), ["p/c/mod.rs -> d.rs"]);
}

#[test]
fn imports_of_commands_are_seen() {
    let arrows = drawn(&[
        ("main.rs", &["commands/mod.rs", "error.rs"]),
        ("commands/mod.rs", &["commands/scan.rs", "commands/report/mod.rs"]),
        ("commands/report/mod.rs", &["commands/report/read.rs", "commands/scan.rs"]),
        ("commands/scan.rs", &["commands/mod.rs", "error.rs"]),
        ("error.rs", &["commands/scan.rs", "main.rs"]),
    ]);
    assert_eq!(
        Vec::from_iter(wrong_commands("p", &arrows).into_keys()),
        [
            "p/commands/report/mod.rs -> commands/scan.rs",
            "p/commands/scan.rs -> commands/mod.rs",
            "p/error.rs -> commands/scan.rs",
            "p/error.rs -> main.rs"
        ]
    );
}

#[test]
fn imports_between_sections_are_seen() {
    let arrows = drawn(&[
        ("registry.rs", &["storage/efs.rs"]),
        ("storage/efs.rs", &["shared/trails.rs", "storage/mod.rs", "network/ports.rs"]),
        ("shared/trails.rs", &["shared/root.rs", "network/ports.rs"]),
    ]);
    assert_eq!(
        Vec::from_iter(wrong_sections("p", &arrows).into_keys()),
        ["p/shared/trails.rs -> network/ports.rs", "p/storage/efs.rs -> network/ports.rs"]
    );
}
