//! A container image with the static program, as a tar file of an OCI image layout, without a
//! container engine. The file `manifest.json` also makes it loadable with `docker load`.

use anyhow::ensure;
use serde_json::{Value, json};

use super::program::{DistProgram, DistTarget};
use super::source::DistSource;
use super::tar::{FileEntry, gzip, tar};
use crate::package::sha256;
use crate::release::VERSION;

/// A user without a name and without permissions.
const USER: &str = "65532:65532";
/// The file from which the program reads the certificates of certificate authorities.
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";

/// The media type of manifests.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Returns the file name of the image.
pub(crate) fn name(of: DistTarget) -> String {
    format!("plumbline-{VERSION}-image-{}.tar", of.processor())
}

/// Writes the image: the tree below `/usr`, certificates, `/tmp`, and `/work` as the folder of the
/// program.
///
/// # Errors
/// The program is not static: the image has no C library.
pub(crate) fn image(
    of: DistTarget,
    program: &DistProgram,
    tree: &[FileEntry],
    certificates: &[u8],
    source: &DistSource,
) -> anyhow::Result<Vec<u8>> {
    ensure!(program.glibc.is_none(), "the program of an image must be static");
    let mut files: Vec<FileEntry> =
        tree.iter().map(|file| file.at(format!("usr/{}", file.path))).collect();
    files.push(FileEntry::readable(CERTIFICATES, certificates));
    let layer = tar("", &files, &[("tmp", 0o1777), ("work", 0o1777)], source.time)?;
    let layer_id = format!("sha256:{}", sha256(&layer));
    let layer = gzip(&layer)?;
    let created = source.timestamp()?;
    let labels = json!({
        "org.opencontainers.image.title": "plumbline",
        "org.opencontainers.image.version": VERSION,
        "org.opencontainers.image.revision": source.commit,
        "org.opencontainers.image.licenses": "Apache-2.0",
    });
    let configuration = text(&json!({
        "created": created,
        "architecture": of.processor(),
        "os": "linux",
        "config": {
            "User": USER,
            "Env": ["PATH=/usr/bin", "HOME=/work"],
            "Entrypoint": ["/usr/bin/plumbline"],
            "Cmd": ["--help"],
            "WorkingDir": "/work",
            "Labels": labels,
        },
        "rootfs": { "type": "layers", "diff_ids": [layer_id] },
        "history": [{ "created": created, "created_by": "cargo xtask dist" }],
    }));
    let manifest = text(&json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &configuration),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer)],
    }));
    let index = text(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{
            "mediaType": MANIFEST,
            "digest": format!("sha256:{}", sha256(&manifest)),
            "size": manifest.len(),
            "platform": { "architecture": of.processor(), "os": "linux" },
            "annotations": {
                "io.containerd.image.name": format!("docker.io/library/plumbline:{VERSION}"),
                "org.opencontainers.image.ref.name": VERSION,
            },
        }],
    }));
    let loaded = text(&json!([{
        "Config": blob(&configuration),
        "RepoTags": [format!("plumbline:{VERSION}")],
        "Layers": [blob(&layer)],
    }]));
    let files = [
        FileEntry::readable("oci-layout", text(&json!({ "imageLayoutVersion": "1.0.0" }))),
        FileEntry::readable("index.json", index),
        FileEntry::readable("manifest.json", loaded),
        FileEntry::readable(blob(&configuration), configuration),
        FileEntry::readable(blob(&manifest), manifest),
        FileEntry::readable(blob(&layer), layer),
    ];
    tar("", &files, &[], source.time)
}

fn text(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}

/// Returns the path of a file in the layout.
fn blob(content: &[u8]) -> String {
    format!("blobs/sha256/{}", sha256(content))
}

/// Returns a reference to a file of the layout.
fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({
        "mediaType": media_type,
        "digest": format!("sha256:{}", sha256(content)),
        "size": content.len(),
    })
}
