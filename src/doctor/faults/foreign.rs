//! Findings about files that are not what their names say, or that cannot be read at all.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::rules::{file_unreadable, html_or_archive, lfs_pointer as lfs};
use super::super::words::{allow, number, shell, some};
use super::files;
use super::toll::fall_back;
use crate::bytes::{Fault, FaultKind, Foreign};
use crate::model::Container;

/// Names that Keras takes for HDF5, and what it says of what is none.
pub(super) const H5: [&str; 2] = [".h5", ".hdf5"];
pub(super) const NO_HDF5: &str =
    "Keras raises OSError: \"Unable to synchronously open file (file signature not found)\"";

/// What TensorFlow, or by the name Keras, says when it opens what is something else.
fn reaction(facts: &Facts, faults: &[&Fault]) -> &'static str {
    let named = |ends: &[&str]| faults.iter().any(|fault| ends.iter().any(|end| fault.at.file.ends_with(end)));
    let is_zip = faults.iter().any(|fault| match &fault.kind {
        // What PyTorch writes was not always a zip archive.
        FaultKind::Foreign { what } => matches!(what, Foreign::Archive("zip") | Foreign::Npz),
        _ => false,
    });
    if named(&H5) {
        return NO_HDF5;
    }
    let is_pytorch = faults.iter().any(|fault| matches!(fault.kind, FaultKind::Foreign { what: Foreign::PyTorch }));
    if named(&[".keras"]) && is_pytorch {
        return "Keras raises ValueError: \"File not found: filepath=...\", or of a zip archive KeyError: \"There is no item \
                named 'config.json' in the archive\"";
    }
    if named(&[".keras"]) && is_zip {
        return "Keras raises KeyError: \"There is no item named 'config.json' in the archive\"";
    }
    if named(&[".keras"]) {
        return "Keras raises ValueError: \"File not found: filepath=... Please ensure the file is an accessible `.keras` \
                zip file\", or BadZipFile: \"File is not a zip file\"";
    }
    let index = facts.checkpoint.as_ref().is_none_or(|checkpoint| {
        let tables = || checkpoint.files.iter().filter(|file| checkpoint.is_table(file));
        faults.iter().any(|fault| tables().any(|file| file.label == fault.at.file))
    });
    let is_empty = faults.iter().any(|fault| matches!(fault.kind, FaultKind::Foreign { what: Foreign::Empty }));
    if index && is_empty {
        "raises \"file is too short to be an sstable\" when it opens the checkpoint"
    } else if index {
        "raises \"not an sstable (bad magic number)\" when it opens the checkpoint"
    } else {
        "opens the checkpoint, then raises IndexError (OutOfRangeError from an op): \"Read less bytes than requested\""
    }
}

pub(super) fn unreadable(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let FaultKind::Unreadable { error } = &fault.kind else { return None };
    let says = |words: &str| error.to_ascii_lowercase().contains(words);
    let finding = Finding::new(&file_unreadable::RULE, format!("cannot be read: {error}")).at(&fault.at);
    let finding = if let Some((help, command)) = allow(&fault.at.file, error) {
        finding.help(help).shell(command)
    } else if says("not a regular file") {
        finding.help("write what comes through the pipe, the socket or the device to a file, and give that")
    } else if says("symbolic links") {
        let command = format!("ls -l {}", shell(&fault.at.file));
        finding.help("the links lead to each other: let them lead to the file").shell(command)
    } else if says("name too long") {
        finding.help("no file has a name of this length: give the path of one")
    } else {
        fall_back(finding, facts, "copy the file off this disk, or fetch it again")
    };
    Some(finding.tensorflow(refusal(facts, &fault.at.file, error)))
}

/// What a restore comes to that meets a file which the operating system does not give as one. TensorFlow looks whether
/// there is an index before it opens it; of what is no file it takes the size, which is 0.
fn refusal(facts: &Facts, file: &str, error: &str) -> &'static str {
    let says = |words: &str| error.to_ascii_lowercase().contains(words);
    let is_shard = facts.checkpoint.as_ref().is_some_and(|checkpoint| {
        checkpoint.container == Container::Bundle && checkpoint.shards().any(|(_, shard)| *shard.label == *file)
    });
    let is_keras = H5.iter().chain(&[".keras"]).any(|end| file.ends_with(end));
    if says("pipe") {
        return "waits, without a word and without an end, for somebody to write into the pipe";
    }
    match (says("device"), is_keras, is_shard) {
        (true, true, _) => NO_HDF5,
        (true, _, true) => {
            "restore() reads what the device gives, and raises when that is too little or has another checksum"
        }
        (true, ..) => "raises OpError (DataLossError from an op): \"file is too short to be an sstable\"",
        // Whose status cannot be had is taken for absent.
        (false, false, false) if says("symbolic links") || says("name too long") || says("folder") => {
            "raises NotFoundError: \"Failed to find any matching files for\" the prefix"
        }
        _ => "raises the same error of the operating system, when it opens or reads this file",
    }
}

pub(super) fn lfs_pointer(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let files = files(faults);
    let FaultKind::Foreign { what: Foreign::LfsPointer { size, sha256 } } = &fault.kind else { return None };
    let message = match (files.len(), size) {
        (1, Some(size)) => format!("a git-lfs pointer of a file of {} bytes, not the file", number(*size)),
        (1, None) => "a git-lfs pointer, not the file".to_owned(),
        (n, _) => format!("{n} files of this checkpoint are git-lfs pointers, not the files"),
    };
    let mut finding = Finding::new(&lfs::RULE, message).at(&fault.at).cause("lfs-pointer");
    if files.len() > 1 {
        finding = finding.evidence(format!("pointers: {}", some(&files)));
    } else if let Some(sha256) = sha256 {
        finding = finding.evidence(format!("the true file has SHA-256 {sha256}"));
    }
    let include = files.first().map(|file| super::super::words::file_name(file).to_owned()).unwrap_or_default();
    let folder = facts.resolved.directory.as_ref().map_or(".", |directory| directory.label.as_str());
    let include =
        if files.len() > 1 { String::new() } else { format!(" --include {}", shell(&format!("**/{include}"))) };
    Some(
        finding
            .tensorflow(reaction(facts, faults))
            .help("fetch the real file; \"git lfs install\" comes first on a machine that has never used git-lfs")
            .shell(format!("git -C {} lfs pull{include}", shell(folder))),
    )
}

pub(super) fn foreign(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let FaultKind::Foreign { what } = &fault.kind else { return None };
    let files = files(faults);
    let size = facts
        .checkpoint
        .as_ref()
        .and_then(|checkpoint| checkpoint.files.iter().find(|file| *file.label == *fault.at.file)?.size)
        .filter(|_| *what != Foreign::Empty)
        .map_or(String::new(), |size| format!(", {} bytes,", number(size)));
    let message = match facts.checkpoint {
        None => format!("{what}, not a checkpoint"),
        Some(_) if files.len() > 1 => format!("{} files of this checkpoint are something else: {what}", files.len()),
        Some(_) => format!("{what}{size} in the place of the file"),
    };
    let mut finding = Finding::new(&html_or_archive::RULE, message).at(&fault.at);
    if files.len() > 1 {
        finding = finding.evidence(format!("files: {}", some(&files)));
    }
    let (cause, help) = remedy(what);
    let finding = finding.cause(cause).help(help).tensorflow(reaction(facts, faults));
    let is_member = facts
        .checkpoint
        .as_ref()
        .is_some_and(|checkpoint| checkpoint.container == Container::KerasArchive && !facts.resolved.is_directory);
    // What lies in an archive no program finds under that path.
    Some(match look(what, &shell(&fault.at.file)).filter(|_| !is_member) {
        Some(command) => finding.shell(command),
        None => finding,
    })
}

/// What the person did who has this in the place of a checkpoint, and what to do about it.
fn remedy(what: &Foreign) -> (&'static str, &'static str) {
    match what {
        Foreign::Html => (
            "not-a-checkpoint",
            "the download saved a web page (a login, a quota, a 404): open it in a browser to see which, then download again",
        ),
        Foreign::Xml => (
            "not-a-checkpoint",
            "the download saved the error message of a storage bucket: read it, then download again with access",
        ),
        Foreign::Text => ("not-a-checkpoint", "read it: it is text, perhaps an error message of the download"),
        Foreign::Archive(_) => ("not-a-checkpoint", "unpack it, and give the prefix of the files in it"),
        Foreign::BrokenZip => (
            "truncated-file",
            "copy or download it again: without the list of its members, at its end, nothing unpacks it",
        ),
        Foreign::Hdf5 => (
            "wrong-format",
            "this is a Keras weights or model file: load it with model.load_weights() or keras.models.load_model()",
        ),
        Foreign::PyTorch | Foreign::Safetensors => (
            "wrong-format",
            "load it with PyTorch or safetensors; the transformers library converts models it knows (from_pt=True)",
        ),
        Foreign::Gguf => {
            ("wrong-format", "this is for llama.cpp; look for the same model as a TensorFlow or Keras file")
        }
        Foreign::Onnx => ("wrong-format", "load it with onnxruntime, or convert it (onnx2tf)"),
        Foreign::Npy | Foreign::Npz => {
            ("wrong-format", "load it with numpy.load(), and assign the arrays to the variables")
        }
        Foreign::TfRecord => ("wrong-format", "these are examples or the events of TensorBoard, not weights"),
        Foreign::KerasArchive => {
            ("wrong-format", "load it with keras.models.load_model(); its name must end in .keras")
        }
        Foreign::Index => {
            ("wrong-format", "give the file its name back, PREFIX.index, beside PREFIX.data-...; restore PREFIX")
        }
        Foreign::SavedModel => {
            ("wrong-format", "a SavedModel is a directory: give it with its variables to tf.saved_model.load()")
        }
        Foreign::StateFile => ("wrong-format", "it names checkpoints; give one of those"),
        Foreign::Json => {
            ("not-a-checkpoint", "it may be the configuration of a model, which has no weights, or an error message")
        }
        Foreign::Answer => (
            "not-a-checkpoint",
            "it tells of a checkpoint and has no values: give it as what to hold one against, ckpt doctor PATH --against LISTING",
        ),
        Foreign::Empty => ("truncated-file", "copy or download the file again: nothing of it arrived"),
        Foreign::Zeros => ("truncated-file", "copy or download the file again: only its room was reserved"),
        Foreign::Pickle => ("wrong-format", "this is a Python pickle; TensorFlow cannot restore it"),
        Foreign::LfsPointer { .. } => ("lfs-pointer", "fetch the real file with git lfs pull"),
    }
}

/// A command that shows what is in it.
fn look(what: &Foreign, file: &str) -> Option<String> {
    Some(match what {
        Foreign::Archive("zip") => format!("unzip -l {file}"),
        Foreign::Archive("tar") => format!("tar -tf {file}"),
        // Perhaps of a tar archive, perhaps of this file alone: what comes out tells.
        Foreign::Archive("gzip") => format!("gzip -dc {file} | file -"),
        Foreign::Archive("bzip2") => format!("bzip2 -dc {file} | file -"),
        Foreign::Archive("xz") => format!("xz -dc {file} | file -"),
        Foreign::Archive("zstd") => format!("zstd -dc {file} | file -"),
        Foreign::Html | Foreign::Xml | Foreign::Text => format!("head -c 300 {file}"),
        _ => return None,
    })
}
