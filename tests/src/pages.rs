//! Blocks of code in Markdown pages, and the script of bash that runs those of a page.
//!
//! The words after the language say where a block runs:
//!
//! | block | runs |
//! |---|---|
//! | `sh` | without AWS, in `packaging/cli/tests/site.rs` |
//! | `sh,aws` | in the test environment, in `tests/tests/suite/site.rs`, and so do all of its page |
//! | `sh,no-run` | not; the line before the block is a comment `<!-- not run: REASON -->` |
//! | `json,file=NAME` | is the content of a file for the blocks after it; so is any language |
//!
//! `exit=N` is the exit code that a block ends with, 0 without it. `as=NAME` is the account whose
//! credentials it has. The blocks of a page run in their order, in one folder and one process, so
//! that files and variables stay. Files that tests of two packages share are included by path.

use std::path::{Path, PathBuf};

/// A block of code of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Its first line in the page, from 1.
    pub line: usize,
    /// Its language.
    pub language: String,
    /// What follows the language, without commas.
    pub attributes: Vec<String>,
    /// Its lines, without the indentation of the block.
    pub text: String,
    /// Why it does not run, from the comment before it.
    pub reason: Option<String>,
}

impl Block {
    /// Whether it has an attribute without a value.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|found| found == attribute)
    }

    /// The value of an attribute.
    pub fn value(&self, attribute: &str) -> Option<&str> {
        let begin = format!("{attribute}=");
        self.attributes.iter().find_map(|found| found.strip_prefix(&begin))
    }

    /// Whether it is one of shell commands.
    pub fn is_shell(&self) -> bool {
        self.language == "sh"
    }

    /// What is wrong with the way in which it is marked.
    pub fn problem(&self) -> Option<&'static str> {
        const WORDS: [&str; 2] = ["aws", "no-run"];
        const VALUES: [&str; 3] = ["exit", "as", "file"];
        let is_known = |attribute: &String| {
            WORDS.contains(&attribute.as_str())
                || attribute.split_once('=').is_some_and(|(name, _)| VALUES.contains(&name))
        };
        if ["bash", "shell", "console"].contains(&self.language.as_str()) {
            return Some("the language of shell commands is 'sh'");
        }
        if !self.attributes.iter().all(is_known) {
            return Some("an attribute is unknown");
        }
        if self.is_shell() && self.value("file").is_some() {
            return Some("shell commands are no file");
        }
        match (self.has("no-run"), &self.reason) {
            (true, None) => Some("no comment '<!-- not run: REASON -->' stands before it"),
            (false, Some(_)) => Some("it has a reason not to run, and no attribute 'no-run'"),
            _ => None,
        }
    }
}

/// The blocks of a page that are fenced.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    let mut reason = None;
    for (at, line) in page.lines().enumerate() {
        let content = line.trim_start();
        if let Some((indent, mut block)) = open.take() {
            if content.trim_end() == "```" {
                found.push(block);
            } else {
                let cut = line.len().min(indent).min(line.len() - content.len());
                block.text.push_str(line.get(cut..).unwrap_or_default());
                block.text.push('\n');
                open = Some((indent, block));
            }
        } else if let Some(info) = content.strip_prefix("```") {
            let mut words = info.trim().split(',').map(str::to_owned);
            let block = Block {
                line: at + 1,
                language: words.next().unwrap_or_default(),
                attributes: words.collect(),
                text: String::new(),
                reason: reason.take(),
            };
            open = Some((line.len() - content.len(), block));
        } else if !content.is_empty() {
            let comment = content.strip_prefix("<!-- not run: ");
            reason = comment.and_then(|rest| rest.strip_suffix(" -->")).map(str::to_owned);
        }
    }
    found
}

/// The variables of an account, for blocks with `as=NAME`.
pub type Identity<'a> = (&'a str, Vec<(&'static str, String)>);

/// The script that runs the blocks of a page. `placeholders` are words in capitals with what takes
/// their place.
pub fn script(
    blocks: &[Block],
    placeholders: &[(&str, String)],
    others: &[Identity<'_>],
) -> String {
    let mut script = "set -euo pipefail\n".to_owned();
    for block in blocks.iter().filter(|block| !block.has("no-run")) {
        let text = placeholders
            .iter()
            .fold(block.text.clone(), |text, (word, value)| replaced(&text, word, value));
        if let Some(file) = block.value("file") {
            script += &format!("cat > '{file}' <<'END_OF_FILE'\n{text}END_OF_FILE\n");
        } else if block.is_shell() {
            script += &format!("echo 'at line {}' >&2\n", block.line);
            script += &command(block, &text, others);
        }
    }
    script
}

/// The commands of a block.
fn command(block: &Block, text: &str, others: &[Identity<'_>]) -> String {
    let variables = block.value("as").map(|name| {
        let found = others.iter().find(|(known, _)| *known == name);
        let (_, variables) = found.unwrap_or_else(|| panic!("line {}: no '{name}'", block.line));
        variables.iter().map(|(name, value)| format!("export {name}='{value}'\n"))
    });
    let variables: String = variables.into_iter().flatten().collect();
    match (block.value("exit"), variables.is_empty()) {
        (None, true) => text.to_owned(),
        (None, false) => format!("(\n{variables}{text})\n"),
        // In a condition, bash would not end the block at its first error.
        (Some(code), _) => format!(
            "set +e\n(\nset -e\n{variables}{text})\ncode=$?\nset -e\n\
             [ $code = {code} ] || {{ echo \"exit code $code, not {code}\" >&2; exit 99; }}\n"
        ),
    }
}

/// The text with a value for a word. What is part of a longer word stays.
fn replaced(text: &str, word: &str, value: &str) -> String {
    let is_part = |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let last = before.chars().next_back().or_else(|| result.chars().next_back());
        result += before;
        result += if is_part(last) || is_part(after.chars().next()) { word } else { value };
        rest = after;
    }
    result + rest
}

/// The pages whose blocks are examples: README and the site without the pages of controls, whose
/// commands `tests/tests/suite/fixes` runs. With their paths below the root.
pub fn pages(root: &Path) -> Vec<(String, String)> {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).expect("a folder").flatten() {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                if !path.ends_with("controls") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    let text = |path: &String| std::fs::read_to_string(root.join(path)).expect("a page");
    found.into_iter().map(|path| (path.clone(), text(&path))).collect()
}
