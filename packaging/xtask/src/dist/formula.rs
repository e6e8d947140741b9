//! A Homebrew formula that installs the archives of a release.

use std::fmt::Write;

use crate::release::VERSION;

/// Returns the formula for archives below `url`: pairs of target and SHA-256 digest.
pub(crate) fn formula(url: &str, archives: &[(String, String)]) -> String {
    let url = url.trim_end_matches('/');
    let mut text = format!(
        "class Plumbline < Formula\n  \
         desc \"Checks AWS accounts against the CIS AWS Foundations Benchmark 1.5.0\"\n  \
         homepage \"{url}\"\n  version \"{VERSION}\"\n  license \"Apache-2.0\"\n"
    );
    for (system, block) in [("apple-darwin", "on_macos"), ("unknown-linux-gnu", "on_linux")] {
        let mut processors = String::new();
        for (processor, block) in [("aarch64", "on_arm"), ("x86_64", "on_intel")] {
            let target = format!("{processor}-{system}");
            if let Some((_, digest)) = archives.iter().find(|(name, _)| *name == target) {
                let _ = write!(
                    processors,
                    "    {block} do\n      \
                     url \"{url}/plumbline-{VERSION}-{target}.tar.gz\"\n      \
                     sha256 \"{digest}\"\n    end\n"
                );
            }
        }
        if !processors.is_empty() {
            let _ = write!(text, "\n  {block} do\n{processors}  end\n");
        }
    }
    text.push_str(
        "\n  def install\n    prefix.install \"bin\", \"share\"\n  end\n\n  test do\n    \
         assert_match version.to_s, shell_output(\"#{bin}/plumbline --version\")\n    \
         system bin/\"plumbline\", \"scan\", \"--sample\", \"--summary\"\n  end\nend\n",
    );
    text
}
